// Signals that ask a program to stop or to save.
#pragma once

namespace cebm::app {

/// SIGINT, SIGTERM and SIGHUP are remembered: the program saves what it has and ends. A second SIGINT or SIGTERM ends
/// it at once. SIGHUP, which the shell and the system may both send when a terminal closes, never does, and where it
/// was ignored when the program started (nohup) it stays ignored.
void watch_stop_signals();
/// 0, or the signal that asked to stop.
int stop_signal();

/// SIGUSR1 is remembered as a request to save.
void watch_save_signal();
/// Whether there was one since the last call.
bool take_save_request();

}  // namespace cebm::app
