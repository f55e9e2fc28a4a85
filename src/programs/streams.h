// Standard input, output and error of a program.
#pragma once

namespace cebm::app {

/// To be called before any file is opened. Replaces a closed standard stream by an unusable one: otherwise the next
/// file would get its number, and the log would be written into that file. Makes exceeding the limit on file size
/// (ulimit -f) an error instead of a signal.
void secure_streams();

/// For programs whose results are files: from here on, failures to write standard output (no reader, no space) are
/// ignored. Without this call SIGPIPE ends the program when the reader of its output has ended, as it does filters.
void keep_going_without_readers();

/// To be called at the end. Flushes standard output; logs an error and returns false if that fails and failures are not
/// ignored.
bool finish_output();

}  // namespace cebm::app
