// Standard input, output and error of a program.
#pragma once

namespace cebm::app {

/// Before anything is opened. A standard stream that was closed is replaced by one that cannot be used: otherwise the
/// next file would get its number, and the log would be written into it. A file that grows beyond the limit of the
/// process (ulimit -f) becomes an error instead of a signal.
void secure_streams();

/// From here on the program's product is in files. Whether anybody reads what it prints, and whether there is room for
/// that, does not matter any more. Without this call a program ends, as filters do, when the reader of its output has.
void keep_going_without_readers();

/// At the end: whether all of standard output was written, or does not matter. Logs an error where not.
bool finish_output();

}  // namespace cebm::app
