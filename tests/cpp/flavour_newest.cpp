#include <nango.hpp>

#include "flavour.h"

FLAVOUR(newest)
