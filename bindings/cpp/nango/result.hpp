/// @file nango/result.hpp
/// A value or an error.
/// SPDX-License-Identifier: MIT OR Apache-2.0

#ifndef NANGO_RESULT_HPP
#define NANGO_RESULT_HPP

#include <nango/code.hpp>
#include <nango/error.hpp>

#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#if NANGO_HPP_EXPECTED
#include <expected>
#endif

namespace nango {
/// @cond
inline namespace NANGO_HPP_FLAVOUR {
/// @endcond

#if NANGO_HPP_EXPECTED

/// A value or an error: the return type of the `try_` functions. std::expected if the standard
/// library has it, otherwise a class with the same members.
/// @tparam T The type of the value; void if success has no value.
template <class T>
using result = std::expected<T, error>;

/// Wraps an error, to make a result of it.
using unexpected = std::unexpected<error>;

/// What result::value() throws if there is no value. Its error() is the reason.
using bad_result_access = std::bad_expected_access<error>;

#else

/// Wraps an error, to make a result of it.
class unexpected {
public:
    /// The error.
    explicit unexpected(nango::error error) noexcept : error_(std::move(error)) {}

    /// The error.
    const nango::error& error() const& noexcept { return error_; }
    /// The error.
    nango::error&& error() && noexcept { return std::move(error_); }

private:
    nango::error error_;
};

#if NANGO_HPP_EXCEPTIONS
/// What result::value() throws if there is no value. Its error() is the reason.
class bad_result_access : public std::exception {
public:
    /// Wraps this error.
    explicit bad_result_access(nango::error error) noexcept : error_(std::move(error)) {}

    /// Why there is no value.
    const nango::error& error() const noexcept { return error_; }

    /// A fixed text.
    const char* what() const noexcept override { return "bad access to a result without a value"; }

private:
    nango::error error_;
};
#endif

template <class T>
class result;

/// @cond
namespace detail {

/// The result of applying a function to a result's value.
template <class U>
struct results {
    using value = std::remove_cv_t<std::remove_reference_t<U>>;
    template <class F, class... Value>
    static result<value> of(F&& function, Value&&... given) {
        return std::forward<F>(function)(std::forward<Value>(given)...);
    }
};
template <>
struct results<void> {
    using value = void;
    template <class F, class... Value>
    static result<void> of(F&& function, Value&&... given);
};

}  // namespace detail
/// @endcond

/// A value or an error: the return type of the `try_` functions. std::expected if the standard
/// library has it, otherwise this class with the same members.
/// @tparam T The type of the value; void if success has no value.
template <class T>
class [[nodiscard]] result {
public:
    /// The type of the value.
    using value_type = T;
    /// The type of the error.
    using error_type = nango::error;

    /// Holds a value.
    // NOLINTNEXTLINE: implicit, so that it can be returned
    result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
    /// Holds an error.
    // NOLINTNEXTLINE
    result(unexpected error) noexcept : state_(std::in_place_index<1>, std::move(error).error()) {}

    /// Whether there is a value.
    bool has_value() const noexcept { return state_.index() == 0; }
    /// Whether there is a value.
    explicit operator bool() const noexcept { return has_value(); }

    /// The value. Undefined behaviour if there is none.
    T& operator*() & noexcept { return *std::get_if<0>(&state_); }
    /// The value. Undefined behaviour if there is none.
    const T& operator*() const& noexcept { return *std::get_if<0>(&state_); }
    /// The value. Undefined behaviour if there is none.
    T&& operator*() && noexcept { return std::move(*std::get_if<0>(&state_)); }
    /// The value's members. Undefined behaviour if there is no value.
    T* operator->() noexcept { return std::get_if<0>(&state_); }
    /// The value's members. Undefined behaviour if there is no value.
    const T* operator->() const noexcept { return std::get_if<0>(&state_); }

    /// The error. Undefined behaviour if there is none.
    nango::error& error() & noexcept { return *std::get_if<1>(&state_); }
    /// The error. Undefined behaviour if there is none.
    const nango::error& error() const& noexcept { return *std::get_if<1>(&state_); }
    /// The error. Undefined behaviour if there is none.
    nango::error&& error() && noexcept { return std::move(*std::get_if<1>(&state_)); }

#if NANGO_HPP_EXCEPTIONS
    /// The value. @throws bad_result_access if there is none.
    T& value() & {
        check();
        return **this;
    }
    /// The value. @throws bad_result_access if there is none.
    const T& value() const& {
        check();
        return **this;
    }
    /// The value. @throws bad_result_access if there is none.
    T&& value() && {
        check();
        return std::move(**this);
    }
#endif

    /// The value, or `otherwise` if there is none.
    template <class U>
    T value_or(U&& otherwise) const& {
        return has_value() ? **this : static_cast<T>(std::forward<U>(otherwise));
    }
    /// The value, or `otherwise` if there is none.
    template <class U>
    T value_or(U&& otherwise) && {
        return has_value() ? std::move(**this) : static_cast<T>(std::forward<U>(otherwise));
    }

    /// Calls a function with the value and returns its result; returns the error unchanged.
    template <class F>
    auto and_then(F&& function) const& -> std::invoke_result_t<F, const T&> {
        if (!has_value()) return unexpected(error());
        return std::forward<F>(function)(**this);
    }
    /// Calls a function with the value and returns its result; returns the error unchanged.
    template <class F>
    auto and_then(F&& function) && -> std::invoke_result_t<F, T> {
        if (!has_value()) return unexpected(std::move(*this).error());
        return std::forward<F>(function)(std::move(**this));
    }

    /// Calls a function with the value and returns a result that holds what it returned; returns
    /// the error unchanged.
    template <class F>
    auto transform(F&& function)
        const& -> result<typename detail::results<std::invoke_result_t<F, const T&>>::value> {
        if (!has_value()) return unexpected(error());
        return detail::results<std::invoke_result_t<F, const T&>>::of(std::forward<F>(function),
                                                                      **this);
    }
    /// Calls a function with the value and returns a result that holds what it returned; returns
    /// the error unchanged.
    template <class F>
    auto transform(
        F&& function) && -> result<typename detail::results<std::invoke_result_t<F, T>>::value> {
        if (!has_value()) return unexpected(std::move(*this).error());
        return detail::results<std::invoke_result_t<F, T>>::of(std::forward<F>(function),
                                                               std::move(**this));
    }

    /// Calls a function with the error and returns its result, which has the same type; returns the
    /// value unchanged.
    template <class F>
    result or_else(F&& function) const& {
        return has_value() ? *this : std::forward<F>(function)(error());
    }
    /// Calls a function with the error and returns its result, which has the same type; returns the
    /// value unchanged.
    template <class F>
    result or_else(F&& function) && {
        return has_value() ? std::move(*this) : std::forward<F>(function)(std::move(*this).error());
    }

    /// Replaces the error with the one that a function returns for it; returns the value unchanged.
    template <class F>
    result transform_error(F&& function) && {
        return has_value()
                   ? std::move(*this)
                   : result(unexpected(std::forward<F>(function)(std::move(*this).error())));
    }

private:
#if NANGO_HPP_EXCEPTIONS
    void check() const {
        if (!has_value()) throw bad_result_access(error());
    }
#endif

    std::variant<T, nango::error> state_;
};

/// Success or an error.
template <>
class [[nodiscard]] result<void> {
public:
    /// No value.
    using value_type = void;
    /// The type of the error.
    using error_type = nango::error;

    /// Success.
    result() noexcept = default;
    /// Holds an error.
    // NOLINTNEXTLINE: implicit, so that it can be returned
    result(unexpected error) noexcept : error_(std::move(error).error()) {}

    /// Whether there is no error.
    bool has_value() const noexcept { return !error_; }
    /// Whether there is no error.
    explicit operator bool() const noexcept { return has_value(); }
    /// No value.
    void operator*() const noexcept {}

    /// The error. Undefined behaviour if there is none.
    nango::error& error() & noexcept { return *error_; }
    /// The error. Undefined behaviour if there is none.
    const nango::error& error() const& noexcept { return *error_; }
    /// The error. Undefined behaviour if there is none.
    nango::error&& error() && noexcept { return std::move(*error_); }

#if NANGO_HPP_EXCEPTIONS
    /// Does nothing on success. @throws bad_result_access on an error.
    void value() const {
        if (error_) throw bad_result_access(*error_);
    }
#endif

    /// Calls a function on success and returns its result; returns the error unchanged.
    template <class F>
    auto and_then(F&& function) const -> std::invoke_result_t<F> {
        if (error_) return unexpected(*error_);
        return std::forward<F>(function)();
    }

    /// Calls a function on success and returns a result that holds what it returned; returns the
    /// error unchanged.
    template <class F>
    auto transform(F&& function) const
        -> result<typename detail::results<std::invoke_result_t<F>>::value> {
        if (error_) return unexpected(*error_);
        return detail::results<std::invoke_result_t<F>>::of(std::forward<F>(function));
    }

    /// Calls a function with the error and returns its result, which has the same type; returns
    /// success unchanged.
    template <class F>
    result or_else(F&& function) const {
        return has_value() ? *this : std::forward<F>(function)(*error_);
    }

    /// Replaces the error with the one that a function returns for it; returns success unchanged.
    template <class F>
    result transform_error(F&& function) const {
        return has_value() ? *this : result(unexpected(std::forward<F>(function)(*error_)));
    }

private:
    std::optional<nango::error> error_;
};

/// @cond
template <class F, class... Value>
result<void> detail::results<void>::of(F&& function, Value&&... given) {
    std::forward<F>(function)(std::forward<Value>(given)...);
    return {};
}
/// @endcond

#endif

/// @cond
#if NANGO_HPP_EXCEPTIONS
namespace detail {

/// Returns the value, or throws the error.
template <class T>
T or_throw(result<T>&& result) {
    if (!result) throw nango::error(result.error());
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}

}  // namespace detail
#endif
/// @endcond

/// Checks that the loaded library is at least as new as this header. If not, the error is INTERNAL
/// and names both versions. Creating a client or a queue does this check first.
[[nodiscard]] inline result<void> try_check_version() {
    if (version_number() >= std::uint32_t{NANGO_VERSION_NUMBER}) return {};
    return unexpected(
        error::of(code::internal,
                  "libnango " + std::string(version()) +
                      " is loaded, but this program was built with the header of " NANGO_VERSION
                      ". Install libnango " NANGO_VERSION " or newer"));
}

#if NANGO_HPP_EXCEPTIONS
/// Like try_check_version(). @throws nango::error
inline void check_version() { detail::or_throw(try_check_version()); }
#endif

/// @cond
}  // namespace NANGO_HPP_FLAVOUR
/// @endcond
}  // namespace nango

#endif  // NANGO_RESULT_HPP
