if(TARGET trellis_http_codec)
  trellis_fuzz_target(http_request SOURCES http_request.cpp LIBS trellis_http_codec)
  trellis_fuzz_target(http_response SOURCES http_response.cpp LIBS trellis_http_codec)
endif()
if(TARGET transport_http)
  trellis_fuzz_target(http2_connection SOURCES http2_connection.cpp
                      ../../plugins/transport-http/tests/fake_kernel.cpp LIBS transport_http)
endif()
