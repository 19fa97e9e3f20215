# Keys and signatures beside plugins: read before anybody has vouched for them.
trellis_fuzz_target(minisign SOURCES minisign.cpp LIBS trellis_signing)
