#include <cebm/programs.h>

int main(int argc, char** argv) { return cebm::data_main(argc, argv); }
