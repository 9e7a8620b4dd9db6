#!/usr/bin/env python3
"""test_tools.py - the tools that guard the tree notice what they are there to notice."""
import importlib.machinery
import importlib.util
import os
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.dont_write_bytecode = True


def load(name):
    path = os.path.join(ROOT, "tools", name)
    loader = importlib.machinery.SourceFileLoader(name.replace(".py", "_tool"), path)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


floors, manual, check, origin, web = map(load, ["floors.py", "manual.py", "check", "origin.py",
                                                "web.py"])


class Floors(unittest.TestCase):
    def problems(self, files):
        with tempfile.TemporaryDirectory() as folder:
            for path, text in files.items():
                os.makedirs(os.path.join(folder, os.path.dirname(path)), exist_ok=True)
                with open(os.path.join(folder, path), "w", encoding="utf-8") as file:
                    file.write(text)
            old, floors.SRC = floors.SRC, folder
            found = []
            graph = floors.check_includes(floors.source_files(), found)
            floors.check_cycles(graph, found)
            for path, text in files.items():
                floors.check_conditionals(path, text, found)
                floors.check_banned(path, text, found)
                if path.endswith(".h"):
                    floors.check_prototypes(path, text, found)
            floors.SRC = old
            return found

    def test_an_upward_include_is_found(self):
        found = self.problems({"net/a.c": '#include "engine/b.h"\n', "engine/b.h": "/* b */\n"})
        self.assertEqual(found, ["src/net/a.c:1: engine/b.h is on a floor above"])

    def test_a_downward_include_is_fine(self):
        self.assertEqual(self.problems({"engine/a.c": '#include "net/b.h"\n', "net/b.h": ""}), [])

    def test_a_cycle_is_found(self):
        found = self.problems({"net/a.h": '#include "net/b.h"\n', "net/b.h": '#include "net/a.h"\n'})
        self.assertEqual(len(found), 1)
        self.assertIn("cycle", found[0])

    def test_a_condition_is_found_but_a_guard_is_not(self):
        guard = "#ifndef X_H\n#define X_H\n#endif\n"
        self.assertEqual(self.problems({"net/a.h": guard}), [])
        self.assertEqual(self.problems({"base/a.c": "#ifdef __linux__\n#endif\n"}), [])
        found = self.problems({"net/a.c": "\n#ifdef __linux__\n#endif\n"})
        self.assertEqual(found, ["src/net/a.c:2: #ifdef outside base/, io/ and .def"])

    def test_a_prototype_without_a_comment_is_found(self):
        good = ("/* Adds. */\nint a(int x);\nint b(int x,\n      int y);\n\nint c(void); /* C */\n"
                "static inline int d(void)\n{\n    return a(1);\n}\n"
                "struct ops {\n    int (*run)(int x);\n};\n")
        self.assertEqual(self.problems({"net/a.h": good}), [])
        found = self.problems({"net/a.h": "/* Adds. */\nint a(int x);\n\nint b(int x,\n      int y);\n"})
        self.assertEqual(found, ["src/net/a.h:4: b() has no comment"])

    def test_a_banned_function_is_found_but_not_in_a_comment(self):
        text = '/* strcpy(a, b) */\nconst char *t = "system(x)";\nvoid f(void)\n{\n    snprintf(a);\n}\n'
        self.assertEqual(self.problems({"net/a.c": text}), [])
        found = self.problems({"net/a.c": "void f(void)\n{\n    strcpy(a, b);\n}\n"})
        self.assertEqual(found, ["src/net/a.c:3: strcpy() is banned, see STYLE.md"])

    def test_a_long_function_is_named(self):
        text = "static int f(int a,\n             int b)\n{\n" + "    a++;\n" * 61 + "}\n"
        self.assertEqual(list(floors.long_functions("a.c", text)), [(2, "f", 61)])


class Manual(unittest.TestCase):
    def test_a_row_is_split_outside_of_quotes_only(self):
        row = """a, string, 'c', "name", "1,2", 0, 5, "", "A, \\"b\\", (c)\""""
        self.assertEqual([manual.unquote(w) for w in manual.split_row(row)],
                         ["a", "string", "c", "name", "1,2", "", "5", "", 'A, "b", (c)'])

    def test_every_option_is_read(self):
        names = [option["name"] for option in manual.options()]
        self.assertIn("interface", names)
        self.assertGreater(len(names), 30)


class Check(unittest.TestCase):
    def count(self, status, said, kind="lines"):
        with tempfile.NamedTemporaryFile("w", suffix=".log") as log:
            log.write(said)
            log.flush()
            return check.count(check.Step("x", "", "", kind), status, log.name)

    def test_a_script_is_counted_by_its_own_lines(self):
        self.assertEqual(self.count(0, "a\n3 passed, 0 failed\n2 passed, 0 failed, 1 skipped\n"),
                         (5, 0, 1))

    def test_a_script_that_fails_without_saying_so_has_failed(self):
        self.assertEqual(self.count(1, "3 passed, 0 failed\n"), (3, 1, 0))
        self.assertEqual(self.count(127, "no such file\n"), (0, 1, 0))
        self.assertEqual(self.count(0, "", "one"), (1, 0, 0))

    def test_a_step_in_which_no_test_ran_has_failed(self):
        self.assertEqual(self.count(0, "nothing to do\n"), (0, 1, 0))
        self.assertEqual(self.count(0, "0 passed, 0 failed, 2 skipped\n"), (0, 0, 2))


class Origin(unittest.TestCase):
    def test_names_are_taken_out_of_dependencies(self):
        self.assertEqual(origin.names_in("libc6 (>= 2.34), a | b:any, python3.11, g++-12"),
                         ["libc6", "a", "b", "python3.11", "g++-12"])


class Web(unittest.TestCase):
    def test_only_names_with_a_hash_are_immutable(self):
        with tempfile.TemporaryDirectory() as folder:
            old, web.DIST = web.DIST, folder
            rows = {}
            for name in ["index.html", "app-3F2A9C1B.js", "dashboard.js"]:
                path = os.path.join(folder, name)
                with open(path, "w", encoding="utf-8") as file:
                    file.write("x" * 2000)
                rows[name] = "".join(web.asset_row(1, path, folder)[2])
            web.DIST = old
        self.assertIn(".immutable = false", rows["index.html"])
        self.assertIn(".immutable = true", rows["app-3F2A9C1B.js"])
        self.assertIn(".immutable = false", rows["dashboard.js"])
        self.assertIn(".gz = ", rows["index.html"])


if __name__ == "__main__":
    done = unittest.main(exit=False, verbosity=1).result
    bad = len(done.failures) + len(done.errors)
    print(f"{done.testsRun - bad} passed, {bad} failed")
    sys.exit(1 if bad else 0)
