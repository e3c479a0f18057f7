#include "server/inspect/trees.hpp"

#include <fmt/format.h>

namespace elytra::inspect {

std::optional<Tree> find_tree(std::string_view text) {
    for (const Tree& tree : trees) {
        if (text == tree.name || text == fmt::to_string(tree.id)) return tree;
    }
    return std::nullopt;
}

std::string_view name_of(engine::RowTableId table) {
    for (const Tree& tree : trees) {
        if (tree.kind == TreeKind::rows && tree.table == table) return tree.name;
    }
    return {};
}

std::string_view name_of(engine::IndexId index) {
    for (const Tree& tree : trees) {
        if (tree.kind == TreeKind::index && tree.index == index) return tree.name;
    }
    return {};
}

std::string tree_names() {
    std::string names;
    for (const Tree& tree : trees) {
        if (!names.empty()) names += ", ";
        names += fmt::format("{} ({})", tree.name, tree.id);
    }
    return names;
}

}  // namespace elytra::inspect
