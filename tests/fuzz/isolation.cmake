# What the process of an isolated plugin says: it may be anything.
trellis_fuzz_target(isolation_wire SOURCES isolation_wire.cpp LIBS trellis_isolation)
