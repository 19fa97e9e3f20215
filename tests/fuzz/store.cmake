if(TARGET store_journal_engine)
  trellis_fuzz_target(store_recovery SOURCES store_recovery.cpp ${PROJECT_SOURCE_DIR}/plugins/store-journal/tests/fake_disk.cpp
                      LIBS store_journal_engine)
  target_include_directories(fuzz_store_recovery PRIVATE ${PROJECT_SOURCE_DIR}/plugins/store-journal/tests)
endif()
