#include <ATen/Parallel.h>
#include <cebm/machine.h>
#include <gmock/gmock.h>
#include <sched.h>

#include <cstdlib>

#include "support/folder_test.h"

namespace cebm {
namespace {

namespace fs = std::filesystem;

/// A root folder with files of the kernel's, as text.
class CpuQuota : public FolderTest {
 protected:
  void file(const std::string& name, const std::string& text) const {
    fs::create_directories((folder_ / name).parent_path());
    write(name, text);
  }
  void second_version(const std::string& group, const std::string& top = "/") const {
    file("proc/self/cgroup", "0::" + group + "\n");
    file("proc/self/mountinfo", "22 1 0:1 / / rw - ext4 /dev/sda1 rw\n30 22 0:26 " + top +
                                    " /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n");
  }
  void first_version(const std::string& group, const std::string& top = "/") const {
    file("proc/self/cgroup", "5:memory:/elsewhere\n4:cpu,cpuacct:" + group + "\n1:name=systemd:/elsewhere\n");
    file("proc/self/mountinfo", "30 22 0:26 " + top +
                                    " /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n31 22 0:27 " + top +
                                    " /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:9 - cgroup cgroup rw,cpu,cpuacct\n");
  }
  void first_version_quota(const std::string& group, const std::string& quota, const std::string& period) const {
    file("sys/fs/cgroup/cpu,cpuacct/" + group + "/cpu.cfs_quota_us", quota + "\n");
    file("sys/fs/cgroup/cpu,cpuacct/" + group + "/cpu.cfs_period_us", period + "\n");
  }
  std::optional<double> quota() const { return cpu_quota(folder_); }
};

TEST_F(CpuQuota, IsNothingWhereTheKernelSaysNothing) {
  EXPECT_EQ(quota(), std::nullopt);
  second_version("/");
  EXPECT_EQ(quota(), std::nullopt);
  first_version("/");
  EXPECT_EQ(quota(), std::nullopt);
}

TEST_F(CpuQuota, OfVersion2IsThatOfTheGroup) {
  second_version("/");  // a container with a name space of its own
  file("sys/fs/cgroup/cpu.max", "150000 100000\n");
  EXPECT_EQ(quota(), 1.5);
  file("sys/fs/cgroup/cpu.max", "max 100000\n");
  EXPECT_EQ(quota(), std::nullopt);
}

TEST_F(CpuQuota, OfVersion1IsQuotaByPeriod) {
  first_version("/");
  first_version_quota(".", "50000", "100000");
  EXPECT_EQ(quota(), 0.5);
  first_version_quota(".", "-1", "100000");
  EXPECT_EQ(quota(), std::nullopt);
}

TEST_F(CpuQuota, IsTheLeastOfTheGroupAndThoseAboveIt) {
  second_version("/user.slice/job:7/step");
  file("sys/fs/cgroup/user.slice/job:7/step/cpu.max", "max 100000\n");
  file("sys/fs/cgroup/user.slice/job:7/cpu.max", "400000 100000\n");
  EXPECT_EQ(quota(), 4.0);
  file("sys/fs/cgroup/user.slice/cpu.max", "200000 100000\n");
  EXPECT_EQ(quota(), 2.0);
  file("sys/fs/cgroup/user.slice/job:7/step/cpu.max", "30000 10000\n");
  EXPECT_EQ(quota(), 2.0);
  file("sys/fs/cgroup/other/cpu.max", "10000 100000\n");
  EXPECT_EQ(quota(), 2.0) << "not this process's group";
}

TEST_F(CpuQuota, OfVersion1LooksAtGroupsAboveToo) {
  first_version("/slurm/job_7");
  first_version_quota("slurm/job_7", "-1", "100000");
  first_version_quota("slurm", "300000", "100000");
  EXPECT_EQ(quota(), 3.0);
}

// The group's name counts from the host's top, and the container sees its own group at the mount.
TEST_F(CpuQuota, IsFoundInAContainerWithoutANameSpaceOfItsOwn) {
  first_version("/docker/abc", "/docker/abc");
  first_version_quota(".", "200000", "100000");
  EXPECT_EQ(quota(), 2.0);
  first_version("/docker/abc/inner", "/docker/abc");
  first_version_quota("inner", "100000", "100000");
  EXPECT_EQ(quota(), 1.0);
  second_version("/../../host/group");  // a process that was moved in from outside
  file("sys/fs/cgroup/cpu.max", "700000 100000\n");
  EXPECT_EQ(quota(), 7.0);
}

TEST_F(CpuQuota, OfAMixtureOfBothVersionsIsTheLesser) {
  file("proc/self/cgroup", "2:cpu:/a\n0::/b\n");
  file("proc/self/mountinfo",
       "31 22 0:27 / /cg/cpu rw - cgroup cgroup rw,cpu\n32 22 0:28 / /cg/unified rw - cgroup2 cgroup2 rw\n");
  file("cg/cpu/a/cpu.cfs_quota_us", "500000\n");
  file("cg/cpu/a/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(quota(), 5.0);
  file("cg/unified/b/cpu.max", "300000 100000\n");
  EXPECT_EQ(quota(), 3.0);
}

TEST_F(CpuQuota, IsNothingWhereAFileMakesNoSense) {
  second_version("/");
  for (const char* text : {"", "\n", "max", "100000", "1 0", "0 100000", "-1 100000", "x 100000", "100000 y"}) {
    file("sys/fs/cgroup/cpu.max", text);
    EXPECT_EQ(quota(), std::nullopt) << text;
  }
  file("proc/self/cgroup", "nonsense\n::\n");
  file("proc/self/mountinfo", "-\n1 2 3\n1 2 3 4 5 - cgroup2\n");
  EXPECT_EQ(quota(), std::nullopt);
}

TEST(DefaultThreads, AreNoMoreThanTheAffinityMaskAllowsUnlessOpenMpIsTold) {
  const char* const told = std::getenv("OMP_NUM_THREADS");
  const std::string before = told == nullptr ? "" : told;
  const int threads = at::get_num_threads();
  cpu_set_t all;
  ASSERT_EQ(sched_getaffinity(0, sizeof all, &all), 0);
  int first = 0;
  while (!CPU_ISSET(first, &all)) ++first;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(first, &one);
  ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
  at::set_num_threads(5);
  unsetenv("OMP_NUM_THREADS");
  EXPECT_EQ(default_threads(), 1);
  setenv("OMP_NUM_THREADS", "5", 1);
  EXPECT_EQ(default_threads(), 5);

  sched_setaffinity(0, sizeof all, &all);
  at::set_num_threads(threads);
  if (told == nullptr) {
    unsetenv("OMP_NUM_THREADS");
  } else {
    setenv("OMP_NUM_THREADS", before.c_str(), 1);
  }
}

TEST(Build, IsDescribedWithVersionsKernelsAndProcessor) {
  const std::string text = describe_build();
  EXPECT_THAT(version(), testing::MatchesRegex("[0-9]+\\.[0-9]+\\.[0-9]+"));
  EXPECT_THAT(text, testing::StartsWith(version()));
  for (const std::string& part : {std::string("\nLibTorch "), "\nkernels of our own: " + instruction_set() + "\n",
                                  processor_name(), std::string("CUDA")}) {
    EXPECT_THAT(text, testing::HasSubstr(part));
  }
}

}  // namespace
}  // namespace cebm
