/// Error types. Library code throws them; only main() turns them into exit codes.
#pragma once

#include <stdexcept>
#include <string>

namespace cebm {

/// Base of every error the library throws. The message names file, line or offset, what was expected and
/// what was found, and is fit to be shown to a user as it is.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A configuration, flag or name that cannot be used (exit code 2).
class ConfigError : public Error {
 public:
  using Error::Error;
};

/// A data file that is missing, damaged or of the wrong kind (exit code 1).
class DataError : public Error {
 public:
  using Error::Error;
};

/// A data set whose files are not there (exit code 1).
class MissingDataError : public DataError {
 public:
  using DataError::DataError;
};

/// A checkpoint or run directory that is missing, damaged or of the wrong kind (exit code 1).
class CheckpointError : public Error {
 public:
  using Error::Error;
};

/// A file or folder that cannot be read or written: permissions, full disk (exit code 1).
class IoError : public Error {
 public:
  using Error::Error;
};

/// Non-finite or exploding numbers: the training diverged (exit code 3).
class NumericsError : public Error {
 public:
  using Error::Error;
};

/// Another rank of a run of several processes (ranks.h) has ended or cannot be reached (exit code 1).
class RanksError : public Error {
 public:
  using Error::Error;
};

/// Rank 0 of a run of several processes has ended with an error, which it reports itself (exit code 1).
class LeadError : public RanksError {
 public:
  using RanksError::RanksError;
};

}  // namespace cebm
