# cebm_contract_tests(NAME FILE.cpp...): a GoogleTest program of the laws that every component keeps, for the catalog
# that one of the files returns from `const cebm::Catalog& cebm::catalog()` (contract/rows.h). CTest runs it.
function(cebm_contract_tests name)
  find_package(GTest REQUIRED)
  set(tests ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/../tests)
  file(GLOB laws ${tests}/contract/*_law.cpp)
  add_executable(${name} ${laws} ${ARGN})
  target_include_directories(${name} PRIVATE ${tests})
  target_link_libraries(${name} PRIVATE cebm::cebm GTest::gmock GTest::gtest_main)
  add_test(NAME ${name} COMMAND ${name})
endfunction()
