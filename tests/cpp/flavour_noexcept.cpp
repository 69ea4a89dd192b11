#include <nango.hpp>

#include "flavour.h"

FLAVOUR(without_exceptions)
