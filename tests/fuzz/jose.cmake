if(TARGET trellis_common_jose)
  trellis_fuzz_target(jose_token SOURCES jose_token.cpp LIBS trellis_common_jose)
endif()
