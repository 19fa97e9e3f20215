#include "common/events/intake.hpp"

#include <gtest/gtest.h>
