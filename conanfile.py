"""conan create . builds and packs the library and the programs.

LibTorch is the user's own: an unpacked archive or a wheel named in CMAKE_PREFIX_PATH, as conan-center's is older than
what cebm needs. The other libraries are the system's packages.
"""
import os
import re

from conan import ConanFile
from conan.errors import ConanInvalidConfiguration
from conan.tools.build import check_min_cppstd
from conan.tools.cmake import CMake, CMakeToolchain, cmake_layout
from conan.tools.files import copy, load
from conan.tools.system.package_manager import Apt


class Cebm(ConanFile):
    name = "cebm"
    description = "Conjugate energy-based models on LibTorch"
    license = "MIT"
    package_type = "static-library"
    settings = "os", "arch", "compiler", "build_type"
    options = {"cuda": [True, False]}
    default_options = {"cuda": False}
    exports_sources = ("CMakeLists.txt", "LICENSE", "README.md", "apps/*", "cmake/*", "configs/*", "include/*",
                       "packaging/*", "src/*", "tests/contract/*", "tests/support/*")

    def set_version(self):
        text = load(self, os.path.join(self.recipe_folder, "CMakeLists.txt"))
        self.version = re.search(r"project\(cebm VERSION ([0-9.]+)", text)[1]

    def layout(self):
        cmake_layout(self)

    def validate(self):
        check_min_cppstd(self, 20)
        if self.settings.os != "Linux" or self.settings.arch != "x86_64":
            raise ConanInvalidConfiguration("cebm is built for Linux on x86_64")

    def system_requirements(self):
        Apt(self).install(["libyaml-cpp-dev", "libspdlog-dev", "libcli11-dev", "libstb-dev",
                           "libcurl4-openssl-dev", "libarchive-dev", "nlohmann-json3-dev", "librandom123-dev",
                           "libjpeg-dev", "libpng-dev", "libgif-dev", "zlib1g-dev", "libssl-dev"], check=True)

    def generate(self):
        toolchain = CMakeToolchain(self)
        toolchain.cache_variables.update({
            "CEBM_TESTS": False, "CEBM_BENCHMARKS": False, "CEBM_WERROR": False, "CMAKE_UNITY_BUILD": True,
            "CEBM_CUDA": "ON" if self.options.cuda else "OFF",
            "LIBTORCH_PREFIX": self.libtorch()})
        toolchain.generate()

    def libtorch(self):
        """The LibTorch that CMAKE_PREFIX_PATH names, as cmake/FindLibTorch.cmake looks for it."""
        for prefix in os.environ.get("CMAKE_PREFIX_PATH", "").split(":"):
            for up in ("", "../..", "../../.."):
                folder = os.path.normpath(os.path.join(prefix, up))
                if prefix and os.path.exists(os.path.join(folder, "lib/libtorch_cpu.so")):
                    return folder
        raise ConanInvalidConfiguration(
            "expected a LibTorch in CMAKE_PREFIX_PATH, found none: an unpacked archive, or what "
            "python -c 'import torch; print(torch.utils.cmake_prefix_path)' prints")

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build(target="apps")

    def package(self):
        CMake(self).install()
        copy(self, "LICENSE", self.source_folder, os.path.join(self.package_folder, "licenses"))

    def package_info(self):
        # The package's own cebm-config.cmake knows what its users need.
        self.cpp_info.set_property("cmake_find_mode", "none")
        self.cpp_info.builddirs = [os.path.join("lib", "cmake", "cebm")]
        self.runenv_info.prepend_path("PATH", os.path.join(self.package_folder, "bin"))
