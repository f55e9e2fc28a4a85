#include <cebm/fetch.h>

namespace cebm {

namespace {

constexpr std::uint64_t kMillion = 1'000'000;

DataSource mnist() {
  return {.name = "mnist",
          .homepage = "http://yann.lecun.com/exdb/mnist/",
          .licence = "none is stated with the files; copies are commonly passed on as CC BY-SA 3.0",
          .citation =
              "@article{lecun1998gradient, author = {LeCun, Yann and Bottou, L\\'eon and Bengio, Yoshua and Haffner, "
              "Patrick}, title = {Gradient-based learning applied to document recognition}, journal = {Proceedings "
              "of the IEEE}, volume = {86}, number = {11}, pages = {2278--2324}, year = {1998}}",
          .places = {"https://ossci-datasets.s3.amazonaws.com/mnist/",
                     "https://storage.googleapis.com/cvdf-datasets/mnist/"},
          .files = {{.name = "train-images-idx3-ubyte.gz",
                     .size = 9912422,
                     .sha256 = "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
                     .md5 = "f68b3c2dcbeaaa9fbdd348bbdeb94873",
                     .content_sha256 = "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
                     .content_size = 47040016},
                    {.name = "train-labels-idx1-ubyte.gz",
                     .size = 28881,
                     .sha256 = "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
                     .md5 = "d53e105ee54ea40749a09fcbcd1e9432",
                     .content_sha256 = "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
                     .content_size = 60008},
                    {.name = "t10k-images-idx3-ubyte.gz",
                     .size = 1648877,
                     .sha256 = "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
                     .md5 = "9fb629c4189551a2d022fa330f9573f3",
                     .content_sha256 = "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
                     .content_size = 7840016},
                    {.name = "t10k-labels-idx1-ubyte.gz",
                     .size = 4542,
                     .sha256 = "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
                     .md5 = "ec29112dd5afa0611ce80d1b7f02629c",
                     .content_sha256 = "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
                     .content_size = 10008}}};
}

DataSource fashion_mnist() {
  return {.name = "fashion_mnist",
          .homepage = "https://github.com/zalandoresearch/fashion-mnist",
          .licence = "MIT, copyright 2017 Zalando SE",
          .citation =
              "@article{xiao2017fashion, author = {Xiao, Han and Rasul, Kashif and Vollgraf, Roland}, title = "
              "{Fashion-MNIST: a novel image dataset for benchmarking machine learning algorithms}, journal = "
              "{arXiv:1708.07747}, year = {2017}}",
          .places = {"http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
                     "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/"},
          .files = {{.name = "train-images-idx3-ubyte.gz",
                     .size = 26421880,
                     .sha256 = "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
                     .md5 = "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
                     .content_sha256 = "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
                     .content_size = 47040016},
                    {.name = "train-labels-idx1-ubyte.gz",
                     .size = 29515,
                     .sha256 = "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
                     .md5 = "25c81989df183df01b3e8a0aad5dffbe",
                     .content_sha256 = "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
                     .content_size = 60008},
                    {.name = "t10k-images-idx3-ubyte.gz",
                     .size = 4422102,
                     .sha256 = "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
                     .md5 = "bef4ecab320f06d8554ea6380940ec79",
                     .content_sha256 = "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
                     .content_size = 7840016},
                    {.name = "t10k-labels-idx1-ubyte.gz",
                     .size = 5148,
                     .sha256 = "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
                     .md5 = "bb300cfdad3c16e7a12a480ee83cd310",
                     .content_sha256 = "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
                     .content_size = 10008}}};
}

DataSource emnist() {
  return {
      .name = "emnist",
      .homepage = "https://www.nist.gov/itl/products-and-services/emnist-dataset",
      .licence = "none is stated; derived from NIST Special Database 19, a work of the United States government",
      .citation =
          "@inproceedings{cohen2017emnist, author = {Cohen, Gregory and Afshar, Saeed and Tapson, Jonathan "
          "and van Schaik, Andr\\'e}, title = {{EMNIST}: extending {MNIST} to handwritten letters}, "
          "booktitle = {International Joint Conference on Neural Networks}, year = {2017}}",
      .places = {"https://biometrics.nist.gov/cs_links/EMNIST/", "https://www.itl.nist.gov/iaui/vip/cs_links/EMNIST/"},
      .files = {{.name = "gzip.zip",
                 .size = 561753746,
                 .sha256 = "fb9bb67e33772a9cc0b895e4ecf36d2cf35be8b709693c3564cea2a019fcda8e",
                 .md5 = "58c8d27c78d21e728a6bc7b3cc06412e"}},
      .archive = {
          .folder = "gzip", .landmark = "emnist-digits-train-images-idx3-ubyte.gz", .unpacked_size = 1500 * kMillion}};
}

DataSource cifar10() {
  return {
      .name = "cifar10",
      .homepage = "https://www.cs.toronto.edu/~kriz/cifar.html",
      .licence = "none is stated; the author asks for the citation",
      .citation =
          "@techreport{krizhevsky2009learning, author = {Krizhevsky, Alex}, title = {Learning multiple "
          "layers of features from tiny images}, institution = {University of Toronto}, year = {2009}}",
      .places = {"https://www.cs.toronto.edu/~kriz/"},
      .files = {{.name = "cifar-10-binary.tar.gz",
                 .size = 170052171,
                 .sha256 = "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
                 .md5 = "c32a1d4ab5d03f1284b67883e8d87530"}},
      .archive = {.folder = "cifar-10-batches-bin", .landmark = "data_batch_1.bin", .unpacked_size = 400 * kMillion}};
}

DataSource svhn() {
  return {.name = "svhn",
          .homepage = "http://ufldl.stanford.edu/housenumbers/",
          .licence = "for non-commercial use only",
          .citation =
              "@inproceedings{netzer2011reading, author = {Netzer, Yuval and Wang, Tao and Coates, Adam and "
              "Bissacco, Alessandro and Wu, Bo and Ng, Andrew Y.}, title = {Reading digits in natural images "
              "with unsupervised feature learning}, booktitle = {NIPS Workshop on Deep Learning and "
              "Unsupervised Feature Learning}, year = {2011}}",
          .places = {"http://ufldl.stanford.edu/housenumbers/"},
          .files = {{.name = "train_32x32.mat",
                     .size = 182040794,
                     .sha256 = "435e94d69a87fde4fd4d7f3dd208dfc32cb6ae8af2240d066de1df7508d083b8",
                     .md5 = "e26dedcc434d2e4c54c9b2d4a06d8373"},
                    {.name = "test_32x32.mat",
                     .size = 64275384,
                     .sha256 = "cdce80dfb2a2c4c6160906d0bd7c68ec5a99d7ca4831afa54f09182025b6a75b",
                     .md5 = "eb5a983be6a315427106f1b164d9cef3"},
                    {.name = "extra_32x32.mat",
                     .size = 1329278602,
                     .sha256 = "a133a4beb38a00fcdda90c9489e0c04f900b660ce8a316a5e854838379a71eb3",
                     .md5 = "a93ce644f1a588dc4d68dda5feec44a7"}}};
}

DataSource texture() {
  return {.name = "texture",
          .homepage = "https://www.robots.ox.ac.uk/~vgg/data/dtd/",
          .licence = "made available to the computer vision community for research purposes",
          .citation =
              "@inproceedings{cimpoi2014describing, author = {Cimpoi, Mircea and Maji, Subhransu and Kokkinos, "
              "Iasonas and Mohamed, Sammy and Vedaldi, Andrea}, title = {Describing textures in the wild}, "
              "booktitle = {IEEE Conference on Computer Vision and Pattern Recognition}, year = {2014}}",
          .places = {"https://www.robots.ox.ac.uk/~vgg/data/dtd/download/", "https://thor.robots.ox.ac.uk/dtd/"},
          .files = {{.name = "dtd-r1.0.1.tar.gz",
                     .size = 625239812,
                     .sha256 = "e42855a52a4950a3b59612834602aa253914755c95b0cff9ead6d07395f8e205",
                     .md5 = "fff73e5086ae6bdbea199a49dfb8a4c1"}},
          .archive = {.folder = "dtd", .landmark = "images/banded/", .unpacked_size = 1500 * kMillion}};
}

}  // namespace

std::uint64_t DataSource::size() const {
  std::uint64_t total = 0;
  for (const DataFile& file : files) total += file.size;
  return total;
}

std::vector<DataSource> data_sources() { return {mnist(), fashion_mnist(), emnist(), cifar10(), svhn(), texture()}; }

std::optional<DataSource> find_data_source(const std::string& set) {
  for (DataSource& source : data_sources()) {
    if (source.name == set) return std::move(source);
  }
  return std::nullopt;
}

}  // namespace cebm
