#include <cebm/programs.h>

int main(int argc, char** argv) { cebm::end_program(cebm::data_main(argc, argv)); }
