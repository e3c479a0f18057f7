#pragma once

#include <string_view>

// Files of this folder's `page`, and of Debian's libjs-dygraphs, that the build puts into the
// program (page/embed.py).
namespace elytractl::report {

extern const std::string_view page_style;        // page/style.css
extern const std::string_view page_script;       // page/script.js
extern const std::string_view dygraphs_style;    // dygraph.min.css
extern const std::string_view dygraphs_script;   // dygraph.min.js
extern const std::string_view dygraphs_license;  // page/dygraphs-license.txt

}  // namespace elytractl::report
