if(TARGET trellis_http_codec)
  trellis_fuzz_target(http_request SOURCES http_request.cpp LIBS trellis_http_codec)
endif()
