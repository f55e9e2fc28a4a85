#include <cebm/programs.h>

int main(int argc, char** argv) { cebm::end_program(cebm::eval_main(argc, argv)); }
