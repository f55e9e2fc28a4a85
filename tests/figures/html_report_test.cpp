#include <cebm/errors.h>
#include <cebm/files.h>
#include <cebm/report.h>
#include <gmock/gmock.h>
#include <openssl/evp.h>

#include <regex>
#include <stdexcept>

#include "support/folder_test.h"

namespace cebm {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const Picture kPicture{3, 2, 1, {0, 50, 100, 150, 200, 250}};

HtmlReport full_report() {
  HtmlReport report("A run");
  report.heading("Heading");
  report.paragraph("Paragraph");
  report.code("steps: 3\n  x: 1");
  report.table({"name", "value"}, {{"a", "1"}, {"b", "2"}});
  report.chart({"Energy", "step", "energy", {{"data", {0, 1}, {2, 3}}}});
  report.picture(kPicture, "one");
  report.pictures({{kPicture, "left"}, {kPicture, "right"}});
  return report;
}

TEST(HtmlReport, HoldsItsPartsInOrder) {
  const std::string html = full_report().html();
  std::size_t at = 0;
  for (const char* part : {"<!DOCTYPE html>", "<title>A run</title>", "<h1>A run</h1>", "<h2>Heading</h2>",
                           "<p>Paragraph</p>", "<pre>steps: 3\n  x: 1</pre>", "<th>name</th><th>value</th>",
                           "<td>a</td><td>1</td>", "<td>b</td><td>2</td>", "<svg ", "<figcaption>one</figcaption>",
                           "<figcaption>left</figcaption>", "<figcaption>right</figcaption>", "</html>"}) {
    at = html.find(part, at);
    ASSERT_NE(at, std::string::npos) << part;
  }
}

TEST(HtmlReport, RefersToNothingOutsideItself) {
  const std::string html = std::regex_replace(full_report().html(), std::regex("http://www.w3.org/2000/svg"), "");
  EXPECT_THAT(html, AllOf(Not(HasSubstr("http:")), Not(HasSubstr("https:")), Not(HasSubstr("url(")),
                          Not(HasSubstr("<link")), Not(HasSubstr("<script")), Not(HasSubstr("@import"))));
  const std::regex source("src=\"(.{22})");
  int sources = 0;
  for (std::sregex_iterator match(html.begin(), html.end(), source), end; match != end; ++match, ++sources)
    EXPECT_EQ((*match)[1].str(), "data:image/png;base64,");
  EXPECT_EQ(sources, 3);
}

TEST(HtmlReport, ForbidsScriptsAndLoadingWhateverItsPartsHold) {
  const std::string html = full_report().html();
  const std::size_t policy =
      html.find("http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:;");
  EXPECT_LT(policy, html.find("<title>"));
}

TEST(HtmlReport, ThePictureInsideIsThePngOfThePicture) {
  const std::string html = full_report().html();
  const std::string prefix = "base64,";
  const std::size_t begin = html.find(prefix) + prefix.size();
  const std::string text = html.substr(begin, html.find('"', begin) - begin);
  std::string decoded(text.size(), '\0');
  const int length =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(decoded.data()),
                      reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  ASSERT_GT(length, 0);
  const std::string png = encode_png(kPicture);
  EXPECT_EQ(decoded.substr(0, png.size()), png);
  EXPECT_LT(length - static_cast<int>(png.size()), 3);
}

TEST(HtmlReport, AllTextIsEscaped) {
  const std::string evil = "<img src=x onerror=\"alert(1)\">&";
  HtmlReport report(evil);
  report.heading(evil);
  report.paragraph(evil);
  report.code(evil);
  report.table({evil}, {{evil}});
  report.picture(kPicture, evil);
  report.chart({evil, evil, evil, {{evil, {0}, {0}}}});
  EXPECT_THAT(report.html(), AllOf(Not(HasSubstr("<img src=x")), Not(HasSubstr("\"alert")),
                                   HasSubstr("&lt;img src=x onerror=&quot;alert(1)&quot;&gt;&amp;")));
}

TEST(HtmlReport, BytesThatAreNotUtf8AreShownAsTheirNumbers) {
  HtmlReport report("caf\xe9");
  report.chart({"th\xe9", "", "", {}});
  const std::string html = report.html();
  EXPECT_THAT(html, AllOf(HasSubstr("<h1>caf\\xE9</h1>"), HasSubstr("th\\xE9")));
  EXPECT_EQ(html.find('\xe9'), std::string::npos);
}

TEST(HtmlReport, ATableRowOfAnotherLengthIsRefused) {
  HtmlReport report("A run");
  EXPECT_THROW(report.table({"a", "b"}, {{"1"}}), std::invalid_argument);
}

using HtmlReportFile = FolderTest;

TEST_F(HtmlReportFile, FiguresAreTakenInAsTheyAre) {
  const std::string svg = chart_svg({"Energy", "step", "energy", {{"data", {0, 1}, {2, 3}}}});
  HtmlReport report("A run");
  report.figure(write("energy.svg", svg));
  EXPECT_THAT(report.html(), HasSubstr(svg));
  for (const char* other : {"", "<html></html>", "<svg xmlns"})
    EXPECT_THAT(message_of<DataError>([&] { report.figure(write("other.svg", other)); }),
                AllOf(HasSubstr("other.svg: expected"), HasSubstr("found")));
  EXPECT_THROW(report.figure(folder_ / "missing.svg"), IoError);
}

TEST_F(HtmlReportFile, IsThePage) {
  full_report().write(folder_ / "report.html");
  EXPECT_EQ(read_file(folder_ / "report.html"), full_report().html());
  EXPECT_THROW(full_report().write(folder_ / "missing" / "report.html"), IoError);
}

}  // namespace
}  // namespace cebm
