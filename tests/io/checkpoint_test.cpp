#include <ATen/ATen.h>
#include <cebm/checkpoint.h>
#include <cebm/errors.h>
#include <cebm/files.h>
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <limits>
#include <stdexcept>

#include "support/file_size_limit.h"
#include "support/folder_test.h"

namespace cebm {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

Checkpoint example(std::uint64_t step) {
  Checkpoint checkpoint;
  checkpoint.step = step;
  checkpoint.config = "model:\n  kind: cebm\n";
  checkpoint.parts["model"].tensors = {{"w", at::arange(6, at::kFloat).view({2, 3}) + static_cast<double>(step)},
                                       {"b", at::ones({2}, at::kDouble)}};
  checkpoint.parts["buffer"].tensors = {{"images", at::full({3, 1, 2, 2}, 7, at::kByte)}};
  checkpoint.parts["buffer"].values = {{"seed", std::numeric_limits<std::uint64_t>::max()}, {"reuse", 0.1 + 0.2}};
  checkpoint.parts["empty"];
  return checkpoint;
}

/// The id of a process that has ended.
pid_t dead_process() {
  const pid_t child = fork();
  if (child == 0) _exit(0);
  waitpid(child, nullptr, 0);
  return child;
}

class Checkpoints : public FolderTest {
 protected:
  fs::path save(std::uint64_t step) const { return save_checkpoint(folder_, example(step)); }
};

TEST_F(Checkpoints, WhatWasSavedIsLoadedBitForBit) {
  const fs::path folder = save(1000);
  EXPECT_EQ(folder, folder_ / "step_000001000");
  const Checkpoint found = load_checkpoint(folder);
  const Checkpoint expected = example(1000);
  EXPECT_EQ(found.step, 1000U);
  EXPECT_EQ(found.config, expected.config);
  ASSERT_THAT(found.parts, SizeIs(3));
  for (const auto& [name, state] : expected.parts) {
    EXPECT_EQ(found.part(name).values, state.values);
    ASSERT_EQ(found.part(name).tensors.size(), state.tensors.size());
    for (const auto& [key, tensor] : state.tensors) {
      EXPECT_EQ(found.part(name).tensors.at(key).scalar_type(), tensor.scalar_type());
      EXPECT_TRUE(at::equal(found.part(name).tensors.at(key), tensor)) << name << " " << key;
    }
  }
  EXPECT_EQ(found.part("buffer").values["reuse"].get<double>(), 0.1 + 0.2);
}

TEST_F(Checkpoints, OnlyTheDocumentedFilesAreWritten) {
  EXPECT_THAT(names_in(save(1)), UnorderedElementsAre("model.safetensors", "buffer.safetensors", "empty.safetensors",
                                                      "state.json", "config.yaml", "manifest.json"));
  EXPECT_THAT(names_in(folder_), ElementsAre("step_000000001"));
}

TEST_F(Checkpoints, SavingTheSameStepAgainReplacesIt) {
  save(5);
  Checkpoint changed = example(5);
  changed.config = "other: 1\n";
  changed.parts.erase("empty");
  save_checkpoint(folder_, changed);
  EXPECT_THAT(names_in(folder_), ElementsAre("step_000000005"));
  const Checkpoint found = load_checkpoint(folder_ / "step_000000005");
  EXPECT_EQ(found.config, "other: 1\n");
  EXPECT_THAT(found.parts, SizeIs(2));
}

TEST_F(Checkpoints, AMissingPartIsNamed) {
  EXPECT_THAT(message_of<CheckpointError>([] { (void)example(3).part("ema"); }),
              AllOf(HasSubstr("'ema'"), HasSubstr("step 3")));
}

TEST_F(Checkpoints, EveryDamagedFileIsNoticedNamedAndPassedOver) {
  save(1);
  const fs::path newest = save(2);
  for (const std::string& name : names_in(newest)) {
    const std::string good = contents(newest / name);
    std::vector<std::optional<std::string>> damages{std::nullopt, good.substr(0, good.size() - 1), "", good + "\n"};
    for (const std::size_t at : {std::size_t{0}, good.size() / 2, good.size() - 1}) {
      damages.emplace_back(good);
      (*damages.back())[at] ^= 0x10;
    }
    for (const std::optional<std::string>& damage : damages) {
      // White space after the manifest changes nothing that it says.
      if (name == "manifest.json" && (damage == good + "\n" || damage == good.substr(0, good.size() - 1))) continue;
      if (damage)
        write("step_000000002/" + name, *damage);
      else
        fs::remove(newest / name);
      std::vector<SkippedCheckpoint> skipped;
      const std::optional<Checkpoint> found = load_newest_checkpoint(folder_, skipped);
      ASSERT_TRUE(found.has_value());
      EXPECT_EQ(found->step, 1U) << name;
      ASSERT_THAT(skipped, SizeIs(1)) << name;
      EXPECT_EQ(skipped[0].folder, newest);
      // A changed manifest may blame the file that no longer matches it.
      const fs::path blamed = damage && name == "manifest.json" ? newest : newest / name;
      EXPECT_THAT(skipped[0].reason, HasSubstr(blamed.string()));
    }
    write("step_000000002/" + name, good);
  }
  EXPECT_EQ(load_checkpoint(newest).step, 2U);
}

TEST_F(Checkpoints, OneThatCannotBeReadAtTheMomentIsNotTakenForADamagedOne) {
  const fs::path folder = save(1);
  rlimit old{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &old), 0);
  const int next = dup(0);
  close(next);
  const rlimit lowered{static_cast<rlim_t>(next), old.rlim_max};  // no file can be opened
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &lowered), 0);
  const std::string message = message_of<IoError>([&] { load_checkpoint(folder); });
  setrlimit(RLIMIT_NOFILE, &old);
  EXPECT_THAT(message, AllOf(HasSubstr("manifest.json"), HasSubstr("Too many open files")));
  EXPECT_EQ(load_checkpoint(folder).step, 1U);
}

TEST_F(Checkpoints, AFolderThatIsNamedForAnotherStepIsRefused) {
  fs::rename(save(1000), folder_ / "step_000002000");
  const std::string message = message_of<CheckpointError>([&] { load_checkpoint(folder_ / "step_000002000"); });
  EXPECT_THAT(message, HasSubstr("expected step 2000, as the folder is named, found step 1000"));
  fs::rename(folder_ / "step_000002000", folder_ / "best");
  EXPECT_EQ(load_checkpoint(folder_ / "best").step, 1000U) << "a name of the user's says nothing of a step";
}

TEST_F(Checkpoints, AChangeOfAnyByteOfTheManifestIsNoticed) {
  const fs::path folder = save(1);
  const std::string good = contents(folder / "manifest.json");
  for (std::size_t at = 0; at + 1 < good.size(); ++at)
    for (const int change : {0x01, 0x20}) {
      std::string bad = good;
      bad[at] = static_cast<char>(bad[at] ^ change);
      write("step_000000001/manifest.json", bad);
      EXPECT_THROW(load_checkpoint(folder), CheckpointError) << "byte " << at << " change " << change;
    }
}

TEST_F(Checkpoints, AnotherFormatVersionIsRefusedByName) {
  const fs::path folder = save(1);
  nlohmann::json manifest = nlohmann::json::parse(contents(folder / "manifest.json"));
  manifest["version"] = 2;
  write("step_000000001/manifest.json", manifest.dump());
  EXPECT_THAT(message_of<CheckpointError>([&] { load_checkpoint(folder); }),
              HasSubstr("expected checkpoint format version 1, found version 2"));
}

TEST_F(Checkpoints, AManifestThatPointsElsewhereIsRefused) {
  const fs::path folder = save(1);
  const nlohmann::json good = nlohmann::json::parse(contents(folder / "manifest.json"));
  for (const std::string name : {"../secret", "/etc/passwd", "a/b", "..", "", "c:\\x"}) {
    nlohmann::json manifest = good;
    manifest["files"][name] = good["files"]["config.yaml"];
    write("step_000000001/manifest.json", manifest.dump());
    EXPECT_THAT(message_of<CheckpointError>([&] { load_checkpoint(folder); }), HasSubstr("not a plain file name"));
  }
}

TEST_F(Checkpoints, AFileThatIsALinkElsewhereIsRefused) {
  const fs::path folder = save(1);
  for (const std::string name : {"manifest.json", "state.json", "model.safetensors"}) {
    fs::rename(folder / name, folder_ / "elsewhere");
    fs::create_symlink(folder_ / "elsewhere", folder / name);
    EXPECT_THAT(message_of<CheckpointError>([&] { load_checkpoint(folder); }),
                AllOf(HasSubstr((folder / name).string()), HasSubstr("found a symbolic link")));
    fs::rename(folder_ / "elsewhere", folder / name);
  }
  EXPECT_EQ(load_checkpoint(folder).step, 1U);
}

TEST_F(Checkpoints, DeeplyNestedValuesAreRefusedThoughTheChecksumsAreRight) {
  const fs::path folder = save(1);
  const std::string state =
      R"({"step":1,"parts":{"model":)" + std::string(1 << 20, '[') + std::string(1 << 20, ']') + "}}";
  write("step_000000001/state.json", state);
  nlohmann::json manifest = nlohmann::json::parse(contents(folder / "manifest.json"));
  manifest["files"]["state.json"] = {{"bytes", state.size()}, {"sha256", sha256(state)}};
  write("step_000000001/manifest.json", manifest.dump());
  EXPECT_THAT(message_of<CheckpointError>([&] { load_checkpoint(folder); }),
              AllOf(HasSubstr("state.json"), HasSubstr("nested levels")));
}

TEST_F(Checkpoints, AFileThatTheManifestDoesNotVouchForIsNotUsed) {
  const fs::path folder = save(1);
  nlohmann::json manifest = nlohmann::json::parse(contents(folder / "manifest.json"));
  manifest["files"].erase("model.safetensors");
  write("step_000000001/manifest.json", manifest.dump());
  EXPECT_THAT(message_of<CheckpointError>([&] { load_checkpoint(folder); }),
              HasSubstr("'model.safetensors' is not listed"));
}

TEST_F(Checkpoints, AFolderThatIsNotThereIsNamed) {
  EXPECT_THAT(message_of<CheckpointError>([&] { load_checkpoint(folder_ / "step_9"); }), HasSubstr("step_9"));
  std::vector<SkippedCheckpoint> skipped;
  EXPECT_FALSE(load_newest_checkpoint(folder_ / "missing", skipped).has_value());
  EXPECT_THAT(skipped, IsEmpty());
}

TEST_F(Checkpoints, AreListedByStepWhateverElseIsThere) {
  for (const char* name : {"step_10", "step_000000009", "step_1000000000000", "step_", "step_1x", "step_-1", "other",
                           "step_99999999999999999999", ".step_000000001.tmp-1"})
    fs::create_directory(folder_ / name);
  write("step_7", "a file");
  EXPECT_THAT(list_checkpoints(folder_),
              ElementsAre(folder_ / "step_000000009", folder_ / "step_10", folder_ / "step_1000000000000"));
}

TEST_F(Checkpoints, PruningKeepsTheNewest) {
  for (const std::uint64_t step : {1, 2, 3, 10}) save(step);
  prune_checkpoints(folder_, {.keep_last = 0});
  EXPECT_THAT(names_in(folder_), SizeIs(4));
  prune_checkpoints(folder_, {.keep_last = 2});
  EXPECT_THAT(names_in(folder_), UnorderedElementsAre("step_000000003", "step_000000010"));
  prune_checkpoints(folder_, {.keep_last = 5});
  EXPECT_THAT(names_in(folder_), SizeIs(2));
}

TEST_F(Checkpoints, ThatComeAfterAStepAreRemoved) {
  for (const std::uint64_t step : {1, 2, 3, 10}) save(step);
  remove_checkpoints_after(folder_, 2);
  EXPECT_THAT(names_in(folder_), UnorderedElementsAre("step_000000001", "step_000000002"));
}

TEST_F(Checkpoints, TheLatestIsALinkThatMoves) {
  EXPECT_EQ(mark_latest(save(1)), std::nullopt);
  EXPECT_EQ(fs::read_symlink(folder_ / "latest"), "step_000000001");
  EXPECT_EQ(mark_latest(save(2)), std::nullopt);
  EXPECT_EQ(load_checkpoint(folder_ / "latest").step, 2U);
  EXPECT_THAT(names_in(folder_), UnorderedElementsAre("step_000000001", "step_000000002", "latest"));
  EXPECT_THAT(checkpoint_steps(folder_), ElementsAre(1, 2)) << "the link is none itself";
}

TEST_F(Checkpoints, ALatestThatIsAFolderStaysAndCountsForNothing) {
  save(1);
  fs::copy(folder_ / "step_000000001", folder_ / "latest");
  const auto problem = mark_latest(save(2));
  ASSERT_TRUE(problem);
  EXPECT_THAT(*problem, AllOf(HasSubstr((folder_ / "latest").string()), HasSubstr("is a folder")));
  EXPECT_EQ(load_checkpoint(folder_ / "latest").step, 1U);
  prune_checkpoints(folder_, {.keep_last = 1});
  EXPECT_THAT(names_in(folder_), UnorderedElementsAre("step_000000002", "latest"));
}

TEST_F(Checkpoints, SetAsideDoNotCountAnyMore) {
  set_aside(save(1));
  set_aside(save(1));
  EXPECT_THAT(names_in(folder_), ElementsAre("step_000000001.damaged"));
  EXPECT_THAT(list_checkpoints(folder_), IsEmpty());
}

TEST_F(Checkpoints, AFailedSaveLeavesNothingAndKeepsTheOldOne) {
  save(1);
  Checkpoint large = example(1);
  large.parts["buffer"].tensors["images"] = at::zeros({100'000});
  const FileSizeLimit limit(50'000);
  EXPECT_THAT(message_of<IoError>([&] { save_checkpoint(folder_, large); }),
              AllOf(HasSubstr("buffer.safetensors"), HasSubstr("File too large")));
  EXPECT_THAT(names_in(folder_), ElementsAre("step_000000001"));
  EXPECT_EQ(load_checkpoint(folder_ / "step_000000001").part("buffer").tensors.at("images").numel(), 12);
}

TEST_F(Checkpoints, AreRegularByThePresentIntervalOrByTheirOwn) {
  for (const std::uint64_t step : {200, 300, 400, 450}) {
    Checkpoint checkpoint = example(step);
    checkpoint.config = "checkpoint:\n  every: 200\n";
    save_checkpoint(folder_, checkpoint);
  }
  save(600);  // its configuration names no interval
  EXPECT_THAT(regular_checkpoints(folder_, 300), ElementsAre(200, 300, 400, 600));
  EXPECT_THAT(regular_checkpoints(folder_, 1000), ElementsAre(200, 400));
  write("step_000000400/config.yaml", "checkpoint: [");
  EXPECT_THAT(regular_checkpoints(folder_, 1000), ElementsAre(200));
}

TEST_F(Checkpoints, ThatTheMarginNeedsSurviveAChangeOfTheInterval) {
  for (const std::uint64_t step : {600, 800, 1000}) {
    Checkpoint checkpoint = example(step);
    checkpoint.config = "checkpoint:\n  every: 200\n";
    save_checkpoint(folder_, checkpoint);
  }
  prune_checkpoints(folder_, {.every = 300, .keep_last = 1, .margin = 100});
  EXPECT_THAT(checkpoint_steps(folder_), ElementsAre(800, 1000));
}

TEST_F(Checkpoints, AFolderUnderAFileIsRefused) {
  write("plain", "");
  EXPECT_THAT(message_of<IoError>([&] { save_checkpoint(folder_ / "plain" / "checkpoints", example(1)); }),
              HasSubstr((folder_ / "plain").string()));
}

TEST_F(Checkpoints, ThatCannotFitOnTheDiskAreRefusedBeforeAnythingIsWritten) {
  Checkpoint huge = example(1);
  huge.parts["buffer"].tensors["images"] = at::zeros({1}).expand({std::int64_t{1} << 50});  // 4 PiB, without memory
  EXPECT_THAT(message_of<IoError>([&] { save_checkpoint(folder_, huge); }),
              AllOf(HasSubstr(folder_.string()), HasSubstr("MiB does not fit")));
  EXPECT_THAT(names_in(folder_), IsEmpty());
}

TEST_F(Checkpoints, NumbersThatJsonCannotHoldAreRefused) {
  Checkpoint checkpoint = example(1);
  checkpoint.parts["buffer"].values["nested"]["x"] = std::nan("");
  EXPECT_THAT(message_of<IoError>([&] { save_checkpoint(folder_, checkpoint); }),
              AllOf(HasSubstr("'buffer'"), HasSubstr("not finite")));
  checkpoint.parts["buffer"].values["nested"]["x"] = "\xff";
  EXPECT_THROW(save_checkpoint(folder_, checkpoint), IoError);
  EXPECT_THAT(names_in(folder_), IsEmpty());
}

TEST_F(Checkpoints, APartWhoseNameIsNoFileNameIsRefused) {
  for (const std::string name : {"", "../x", "a.b", "a b"}) {
    Checkpoint checkpoint = example(1);
    checkpoint.parts[name];
    EXPECT_THROW(save_checkpoint(folder_, checkpoint), std::invalid_argument) << name;
  }
}

TEST_F(Checkpoints, WhatDeadProcessesLeftIsRemovedAndWhatLivingOnesWriteIsNot) {
  const std::string dead = std::to_string(dead_process());
  const std::string living = std::to_string(getppid());
  fs::create_directory(folder_ / (".step_000000003.tmp-" + dead));
  fs::create_directory(folder_ / (".step_000000004.tmp-" + living));
  fs::create_directory(folder_ / ".hidden");
  save(1);
  EXPECT_THAT(names_in(folder_), UnorderedElementsAre("step_000000001", ".step_000000004.tmp-" + living, ".hidden"));
}

TEST_F(Checkpoints, AReplacementCutShortGivesTheOldOneBack) {
  const std::string dead = std::to_string(dead_process());
  fs::rename(save(3), folder_ / (".step_000000003.old-" + dead));
  save(4);
  EXPECT_EQ(load_checkpoint(folder_ / "step_000000003").step, 3U);
  fs::copy(folder_ / "step_000000003", folder_ / (".step_000000003.old-" + dead));
  save(4);
  EXPECT_THAT(names_in(folder_), UnorderedElementsAre("step_000000003", "step_000000004"));
}

}  // namespace
}  // namespace cebm
