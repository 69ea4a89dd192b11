#include <nango.hpp>

#include "flavour.h"

FLAVOUR(oldest)
