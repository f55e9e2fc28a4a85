#include <cebm/errors.h>
#include <cebm/files.h>
#include <cebm/report.h>

#include <stdexcept>

#include "figures/html_text.h"

namespace cebm {

namespace {

constexpr const char* kPageStyle = R"css(
:root{color-scheme:light dark;--page:#fff;--ink:#1b1f24;--muted:#5b6470;--line:#dfe4ea;--panel:#f6f8fa;--accent:#0072b2}
@media(prefers-color-scheme:dark){
:root{--page:#12161b;--ink:#e8ebef;--muted:#a2acb8;--line:#2c333c;--panel:#1a2027;--accent:#56b4e9}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);
font:16px/1.55 system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif}
main{max-width:66rem;margin:0 auto;padding:1.5rem 1.25rem 3rem}
h1{font-size:1.7rem;line-height:1.2;margin:.5rem 0 1.25rem;padding-bottom:.75rem;border-bottom:3px solid var(--accent)}
h2{font-size:1.2rem;margin:2.25rem 0 .75rem}
p{max-width:46rem;margin:.6rem 0}
pre{background:var(--panel);border:1px solid var(--line);border-radius:8px;padding:.9rem 1rem;overflow-x:auto;
font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace}
.scroll{overflow-x:auto;margin:1rem 0}
table{border-collapse:collapse;font-size:.92rem;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:.4rem .9rem;border-bottom:1px solid var(--line);white-space:nowrap}
th{color:var(--muted);font-weight:600;border-bottom:2px solid var(--line)}
figure{margin:0}
.drawing{display:inline-block;vertical-align:top;max-width:100%;margin:.4rem .6rem .4rem 0;
border:1px solid var(--line);border-radius:8px;overflow:hidden}
.drawing svg{display:block;max-width:100%;height:auto}
.pictures{display:flex;flex-wrap:wrap;gap:1.25rem;margin:1rem 0}
.pictures figure{max-width:100%;min-width:0}
img{display:block;max-width:100%;height:auto;border-radius:4px;image-rendering:pixelated}
figcaption{color:var(--muted);font-size:.9rem;margin-top:.4rem}
@media(max-width:640px){main{padding:1rem .9rem 2rem}h1{font-size:1.4rem}img{image-rendering:auto}}
@media print{main{max-width:none;padding:0}.scroll{overflow:visible}pre{white-space:pre-wrap}figure,tr{break-inside:avoid}h2{break-after:avoid}}
)css";

std::string element(const std::string& name, const std::string& text) {
  return "<" + name + ">" + html_escape(text) + "</" + name + ">";
}

std::string captioned_picture(const Picture& picture, const std::string& caption) {
  return "<figure><img alt=\"" + html_escape(caption) + "\" width=\"" + std::to_string(picture.width) + "\" height=\"" +
         std::to_string(picture.height) + "\" src=\"" + png_data_uri(picture) + "\">" +
         (caption.empty() ? "" : element("figcaption", caption)) + "</figure>\n";
}

std::string row(const std::string& cell, const std::vector<std::string>& texts) {
  std::string html = "<tr>";
  for (const std::string& text : texts) html += element(cell, text);
  return html + "</tr>\n";
}

}  // namespace

void HtmlReport::heading(const std::string& text) { body_ += element("h2", text) + "\n"; }
void HtmlReport::paragraph(const std::string& text) { body_ += element("p", text) + "\n"; }
void HtmlReport::code(const std::string& text) { body_ += element("pre", text) + "\n"; }

void HtmlReport::table(const std::vector<std::string>& header, const std::vector<std::vector<std::string>>& rows) {
  body_ += "<div class=\"scroll\"><table><thead>" + row("th", header) + "</thead><tbody>\n";
  for (const std::vector<std::string>& cells : rows) {
    if (cells.size() != header.size())
      throw std::invalid_argument("HtmlReport: a row of " + std::to_string(cells.size()) + " cells in a table of " +
                                  std::to_string(header.size()) + " columns");
    body_ += row("td", cells);
  }
  body_ += "</tbody></table></div>\n";
}

void HtmlReport::chart(const Chart& chart) { drawing(chart_svg(chart)); }

void HtmlReport::figure(const std::filesystem::path& file) {
  const std::string svg = read_file(file);
  if (!svg.starts_with("<svg ") || !svg.ends_with("</svg>\n"))
    throw DataError(file.string() + ": expected a figure of an evaluation, <svg ...>...</svg>, found something else");
  drawing(svg);
}

void HtmlReport::drawing(const std::string& svg) { body_ += "<figure class=\"drawing\">" + svg + "</figure>\n"; }

void HtmlReport::picture(const Picture& picture, const std::string& caption) { pictures({{picture, caption}}); }

void HtmlReport::pictures(const std::vector<std::pair<Picture, std::string>>& captioned) {
  body_ += "<div class=\"pictures\">\n";
  for (const auto& [picture, caption] : captioned) body_ += captioned_picture(picture, caption);
  body_ += "</div>\n";
}

std::string HtmlReport::html() const {
  return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
         // Whatever the page contains, a browser runs no script from it and loads nothing from outside.
         "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src "
         "'unsafe-inline'\">\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n" +
         (refresh_ > 0 ? "<meta http-equiv=\"refresh\" content=\"" + std::to_string(refresh_) + "\">\n" : "") +
         element("title", title_) + "\n<style>" + kPageStyle + "</style>\n</head>\n<body>\n<main>\n" +
         element("h1", title_) + "\n" + body_ + "</main>\n</body>\n</html>\n";
}

void HtmlReport::write(const std::filesystem::path& file) const { write_file_atomically(file, html()); }

}  // namespace cebm
