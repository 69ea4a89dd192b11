// What the generated dispatch.hpp needs: parameters from JSON, and results as JSON.
#ifndef NAMED_HPP
#define NAMED_HPP

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <nango.hpp>
#include <nlohmann/json.hpp>

// Reads the parameters of a vector into typed ones.
class reader {
public:
    explicit reader(const nlohmann::json& given) : given_(given) {}

    template <class T>
    void value(const std::string& name, T& into) {
        const nlohmann::json* found = find(name);
        if (!found) return;
        try {
            found->get_to(into);
        } catch (const nlohmann::json::exception&) {
            fits_ = false;
        }
    }

    template <class T>
    void value(const std::string& name, std::optional<T>& into) {
        if (!find(name)) return;
        T found{};
        value(name, found);
        into = found;
    }

    // A parameter that is passed as JSON.
    template <class T>
    void text(const std::string& name, T& into) {
        if (const nlohmann::json* found = find(name)) into = found->dump();
    }

    // Whether the typed parameters are those of the vector.
    bool fits() const {
        for (const auto& member : given_.items())
            if (!read_.count(member.key())) return false;
        return fits_;
    }

private:
    const nlohmann::json* find(const std::string& name) {
        read_.insert(name);
        const auto found = given_.find(name);
        return found == given_.end() || found->is_null() ? nullptr : &*found;
    }

    const nlohmann::json& given_;
    std::set<std::string> read_;
    bool fits_ = true;
};

template <class View>
std::string text_of(const View& view) {
    return std::string(view.json());
}

template <class View>
std::string text_of(const std::vector<View>& views) {
    std::string text;
    for (const View& view : views) text += (text.empty() ? "[" : ",") + text_of(view);
    return text.empty() ? "[]" : text + "]";
}

inline std::string text_of(const std::optional<std::string>& json) { return json.value_or("null"); }

inline std::string text_of(const std::optional<nango::secret>& json) {
    return json ? std::string(json->reveal()) : "null";
}

#endif
