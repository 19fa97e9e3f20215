trellis_fuzz_target(topic_filter SOURCES topic_filter.cpp LIBS trellis_kernel_route)
trellis_fuzz_target(config SOURCES config.cpp LIBS trellis_schema)
