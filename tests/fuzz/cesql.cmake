if(TARGET predicate_cesql)
  trellis_fuzz_target(cesql SOURCES cesql.cpp LIBS predicate_cesql)
endif()
