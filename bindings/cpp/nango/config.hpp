/// @file nango/config.hpp
/// What the compiler can do, and the namespace of this version and flavour of the headers.
/// SPDX-License-Identifier: MIT OR Apache-2.0

#ifndef NANGO_CONFIG_HPP
#define NANGO_CONFIG_HPP

#include <nango.h>

#if __has_include(<version>)
#include <version>
#endif

/// 1 if exceptions are on and the throwing functions exist, otherwise 0.
#if defined(__cpp_exceptions) || defined(__EXCEPTIONS) || defined(_CPPUNWIND)
#define NANGO_HPP_EXCEPTIONS 1
#else
#define NANGO_HPP_EXCEPTIONS 0
#endif

/// 1 if nango::result is std::expected, otherwise 0. GCC 12 has a std::expected of an earlier
/// draft, without and_then() and similar functions, and it is not used.
#if defined(__cpp_lib_expected) && __cpp_lib_expected >= 202211L
#define NANGO_HPP_EXPECTED 1
#else
#define NANGO_HPP_EXPECTED 0
#endif

/// @cond
// Each version and flavour of this header has its own inline namespace, so that the linker does not
// merge inline functions that differ.
#if NANGO_HPP_EXPECTED
#define NANGO_HPP_RESULT expected
#else
#define NANGO_HPP_RESULT result
#endif
#define NANGO_HPP_JOIN(major, minor, result, exceptions) \
    v##major##_##minor##_##result##_##exceptions
#define NANGO_HPP_FLAVOUR_OF(major, minor, result, exceptions) \
    NANGO_HPP_JOIN(major, minor, result, exceptions)
#define NANGO_HPP_FLAVOUR                                                            \
    NANGO_HPP_FLAVOUR_OF(NANGO_VERSION_MAJOR, NANGO_VERSION_MINOR, NANGO_HPP_RESULT, \
                         NANGO_HPP_EXCEPTIONS)
/// @endcond

/// The client of Nango.
namespace nango {}

#endif  // NANGO_CONFIG_HPP
