#include <cebm/programs.h>

int main(int argc, char** argv) { cebm::end_program(cebm::train_main(argc, argv)); }
