if(TARGET trellis_common_cloud_event)
  trellis_fuzz_target(cloud_event SOURCES cloud_event.cpp LIBS trellis_common_cloud_event)
endif()
