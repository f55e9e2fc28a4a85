// Signals that ask a program to stop or to save.
#pragma once

namespace cebm::app {

/// Records SIGINT, SIGTERM and SIGHUP, so that the program can save and exit. A second SIGINT or SIGTERM ends it at
/// once. SIGHUP never does, because the shell and the system may both send it when a terminal closes; if it was ignored
/// when the program started (nohup), it stays ignored.
void watch_stop_signals();
/// The first signal that asked to stop; 0 if there was none.
int stop_signal();

/// Records SIGUSR1 as a request to save.
void watch_save_signal();
/// Whether SIGUSR1 has arrived since the last call.
bool take_save_request();

}  // namespace cebm::app
