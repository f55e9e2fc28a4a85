#include <cebm/programs.h>

int main(int argc, char** argv) { return cebm::train_main(argc, argv); }
