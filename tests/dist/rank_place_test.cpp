#include "dist/rank_place.h"

#include <cebm/errors.h>
#include <gtest/gtest.h>

#include <map>

namespace cebm {
namespace {

std::optional<RankPlace> place_of(const std::map<std::string, std::string>& variables) {
  return place_from([&](const char* name) {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  });
}

const std::map<std::string, std::string> kOfTorchrun = {
    {"RANK", "3"},           {"WORLD_SIZE", "4"},      {"LOCAL_RANK", "1"},
    {"MASTER_ADDR", "host"}, {"MASTER_PORT", "29400"}, {"TORCHELASTIC_USE_AGENT_STORE", "True"}};

std::map<std::string, std::string> with(std::map<std::string, std::string> variables, const std::string& name,
                                        const std::string& value) {
  variables[name] = value;
  return variables;
}

TEST(RankPlace, IsThatOfAProcessAloneWhereNothingNamesOthers) {
  EXPECT_FALSE(place_of({}));
  EXPECT_FALSE(place_of({{"RANK", "0"}}));
  EXPECT_FALSE(place_of({{"RANK", "0"}, {"WORLD_SIZE", "1"}}));
  // A batch script of Slurm, outside of srun.
  EXPECT_FALSE(place_of({{"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "8"}}));
}

TEST(RankPlace, IsReadFromTorchrunWhoseAgentHostsTheStore) {
  const auto place = place_of(kOfTorchrun);
  ASSERT_TRUE(place);
  EXPECT_EQ(place->rank, 3);
  EXPECT_EQ(place->size, 4);
  EXPECT_EQ(place->local_rank, 1);
  EXPECT_EQ(place->host, "host");
  EXPECT_EQ(place->port, 29400);
  EXPECT_FALSE(place_of(with(kOfTorchrun, "RANK", "0"))->hosts_store);
  EXPECT_EQ(place_of(with(kOfTorchrun, "TORCHELASTIC_RESTART_COUNT", "2"))->restart, 2);
}

TEST(RankPlace, HostsTheStoreAsRank0WhereThereIsNoAgent) {
  auto variables = with(kOfTorchrun, "RANK", "0");
  variables.erase("TORCHELASTIC_USE_AGENT_STORE");
  EXPECT_TRUE(place_of(variables)->hosts_store);
  EXPECT_FALSE(place_of(with(variables, "RANK", "1"))->hosts_store);
}

TEST(RankPlace, IsReadFromAStepOfSlurm) {
  const auto place = place_of({{"SLURM_PROCID", "5"},
                               {"SLURM_STEP_NUM_TASKS", "8"},
                               {"SLURM_LOCALID", "1"},
                               {"SLURM_STEP_NODELIST", "gpu[07-08]"},
                               {"SLURM_JOB_ID", "123456"}});
  ASSERT_TRUE(place);
  EXPECT_EQ(place->rank, 5);
  EXPECT_EQ(place->size, 8);
  EXPECT_EQ(place->local_rank, 1);
  EXPECT_EQ(place->host, "gpu07");
  EXPECT_EQ(place->port, 23456);
  EXPECT_FALSE(place->hosts_store);
}

TEST(RankPlace, OfASlurmStepHasAPortOfItsOwn) {
  const std::map<std::string, std::string> first = {{"SLURM_PROCID", "0"},
                                                    {"SLURM_STEP_NUM_TASKS", "2"},
                                                    {"SLURM_STEP_NODELIST", "node1"},
                                                    {"SLURM_JOB_ID", "5"},
                                                    {"SLURM_STEP_ID", "0"}};
  EXPECT_EQ(place_of(first)->port, 20005);
  const int second = place_of(with(first, "SLURM_STEP_ID", "1"))->port;
  EXPECT_NE(second, 20005);
  EXPECT_NE(second, place_of(with(first, "SLURM_JOB_ID", "6"))->port);
  EXPECT_FALSE(place_of(with(first, "SLURM_STEP_NUM_TASKS", "1"))) << "a step of one task has nobody to meet";
}

TEST(RankPlace, RefusesWhatItCannotRead) {
  for (const auto& [name, value] : std::map<std::string, std::string>{
           {"RANK", "4"}, {"RANK", "-1"}, {"WORLD_SIZE", "x"}, {"MASTER_PORT", "70000"}, {"MASTER_ADDR", ""}}) {
    EXPECT_THROW(place_of(with(kOfTorchrun, name, value)), ConfigError) << name;
  }
}

TEST(FirstHost, OfSlurmsLists) {
  EXPECT_EQ(first_host("node1"), "node1");
  EXPECT_EQ(first_host("node1,node[2-3]"), "node1");
  EXPECT_EQ(first_host("node[03-07,09],other"), "node03");
  EXPECT_EQ(first_host("rack[2,4]-a"), "rack2-a");
  EXPECT_EQ(first_host("rack[1-2]node[03-04,7],other"), "rack1node03");
  EXPECT_THROW(first_host("node[1-2"), ConfigError);
  EXPECT_THROW(first_host("rack[1-2]node[3"), ConfigError);
}

}  // namespace
}  // namespace cebm
