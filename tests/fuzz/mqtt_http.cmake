if(TARGET service_mqtt_http)
  trellis_fuzz_target(mqtt_http_request SOURCES mqtt_http_request.cpp LIBS service_mqtt_http)
endif()
