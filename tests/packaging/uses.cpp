// A C++ program that uses the installed library.
#include <nango.hpp>

#include <iostream>

int main()
{
    try {
        nango::client client{nango::options::from_env()};
        return client.get_token("github", "bob").reveal().empty() ? 1 : 0;
    } catch (const nango::error &error) {
        std::cerr << error.what() << '\n';
        return 1;
    }
}
