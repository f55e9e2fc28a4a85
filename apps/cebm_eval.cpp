#include <cebm/programs.h>

int main(int argc, char** argv) { return cebm::eval_main(argc, argv); }
