// The function that each file of the flavours test defines, compiled in a different way.
#include <string>

#define FLAVOUR(flavour)                                                \
    std::string flavour(const char* connection) {                       \
        const auto options = nango::options::try_from_env();            \
        if (!options) return options.error().what();                    \
        const auto client = nango::client::try_create(*options);        \
        if (!client) return client.error().what();                      \
        const auto token = client->try_get_token("github", connection); \
        return token ? std::string(token->reveal())                     \
                     : std::string(nango::name(token.error().code()));  \
    }

std::string oldest(const char* connection);
std::string newest(const char* connection);
std::string without_exceptions(const char* connection);
