#!/bin/sh
# Shows the main job in four languages, against the nango-dev that runs this script. Each program
# gets a token, which the provider accepts. The token expires, and the next call gets a new one.
# Then each program uses a connection that the user must authorise again.
#   scripts/demo.sh 'LANGUAGE=COMMAND' …
set -eu

bold() { printf '\n\033[1m%s\033[0m\n' "$*"; }

for example in "$@"; do
    language=${example%%=*}
    command=${example#*=}
    bold "$language"
    echo "\$ ${command##*/} github alice \$API --until-refused"
    # Not quoted: the command may be several words.
    $command github alice "$NANGO_DEV_PROVIDER_URL" --until-refused
    echo
    echo "\$ ${command##*/} github broken \$API"
    if $command github broken "$NANGO_DEV_PROVIDER_URL" 2>&1; then
        echo "demo: the connection is broken, but $language reported no error" >&2
        exit 1
    fi
done
bold "The demo succeeded in every language."
