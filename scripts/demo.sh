#!/bin/sh
# The main job in four languages, against the nango-dev that runs this script: a token, the provider
# accepting it, the token running out, a fresh one from the next call; then a connection that must
# be authorised again. `scripts/demo.sh 'LANGUAGE=COMMAND' …`
set -eu

bold() { printf '\n\033[1m%s\033[0m\n' "$*"; }

for example in "$@"; do
    language=${example%%=*}
    command=${example#*=}
    bold "$language"
    echo "\$ ${command##*/} github alice \$API --until-refused"
    # The command may be several words.
    $command github alice "$NANGO_DEV_PROVIDER_URL" --until-refused
    echo
    echo "\$ ${command##*/} github broken \$API"
    if $command github broken "$NANGO_DEV_PROVIDER_URL" 2>&1; then
        echo "demo: this connection is broken, and $language did not say so" >&2
        exit 1
    fi
done
bold "All of it worked, in every language."
