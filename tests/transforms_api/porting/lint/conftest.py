"""Code that a test gives to a rule, and repositories of such code."""

import ast
import sys
import textwrap
from pathlib import Path

import pytest

from transforms_api.porting.lint.check import find_violations
from transforms_api.porting.lint.foundry_rules import LocalRuntime, UndeclaredLibraries
from transforms_api.porting.lint.module import Module
from transforms_api.porting.lint.project import LintedProject
from transforms_api.project.discovery import discover_repository
from transforms_api.project.layouts import read_repository
from transforms_api.project.source_files import forget_modules

IMPORTS = """
import random
import time
import uuid
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import requests
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F
from pyspark.sql import types as T

from transforms.api import Input, InputSet, Output, lightweight, transform, transform_df
"""


@pytest.fixture
def module():
    """module(code) → the module with that code; with `imports` it begins with the imports above."""

    def make(code, imports=""):
        text = f"{imports}\n{textwrap.dedent(code)}"
        return Module(Path("example.py"), text, ast.parse(text))

    return make


@pytest.fixture
def project_of():
    """project_of(module, …) → the project of a module that a transform reaches, and of one with other imports."""

    def make(module, own=(), libraries=None, imported=()):
        others = ast.parse("".join(f"import {name}\n" for name in imported))
        modules = {module.file: module, Path("others.py"): Module(Path("others.py"), "", others)}
        reached = frozenset({module.file})
        return LintedProject(modules, {}, reached, reached, frozenset(own), {Path("."): libraries})

    return make


@pytest.fixture
def codes_of(module, project_of):
    """codes_of(code, libraries, …) → the codes of what F101 and F102 find in code of a project of these libraries."""

    def find(code, libraries, **project):
        read = module(code)
        linted = project_of(read, libraries=libraries and frozenset(libraries), **project)
        return [finding.code for rule in (UndeclaredLibraries, LocalRuntime) for finding in rule().check(read, linted)]

    return find


@pytest.fixture
def code_of(module, project_of):
    """code_of(rule, code) → the code of the finding that a rule has in this code, None without one."""

    def find(rule, code):
        read = module(code, IMPORTS)
        findings = list(rule().check(read, project_of(read)))
        assert len(findings) <= 1, findings
        return findings[0].code if findings else None

    return find


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """repository({file: text}) → its folder; what its discovery imports is forgotten after the test."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setenv("PYTHONPATH", "")
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def write(files):
        for name, text in files.items():
            file = tmp_path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        return tmp_path

    yield write
    forget_modules([tmp_path])


@pytest.fixture
def linted(repository):
    """linted({file: text}) → 'file:line code' of each finding in a repository of these files."""

    def run(files):
        folder = repository(files)
        findings, _ = find_violations(discover_repository(read_repository(folder)), folder)
        return [f"{finding.file.relative_to(folder)}:{finding.line} {finding.code}" for finding in findings]

    return run


@pytest.fixture
def imports():
    """The imports that `code_of` puts before each code, as text."""
    return IMPORTS
