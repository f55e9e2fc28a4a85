#include <cebm/programs.h>

int main(int argc, char** argv) { return cebm::sample_main(argc, argv); }
