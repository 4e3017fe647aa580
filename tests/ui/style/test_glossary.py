"""The glossary's words; that pages explain them is tested in a browser."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tvae.glossary import WORDS
from tvae.ui.style.glossary import page_script, pattern, word_forms


def words_in(text: str) -> list[str]:
    return [WORDS[word_forms()[form]].name for form in re.findall(pattern(), text)]


def test_no_form_stands_for_two_words():
    forms = Counter(form for word in WORDS for form in word.forms or (word.name, f"{word.name}s"))
    assert [form for form, count in forms.items() if count > 1] == []
    assert max(Counter(word.name for word in WORDS).values()) == 1


def test_explanations_are_one_or_two_sentences():
    for word in WORDS:
        sentences = re.findall(r"[^.]+(?:\.\d[^.]*)*\.", word.explanation)
        assert len(sentences) in (1, 2) and "".join(sentences) == word.explanation, word.name


def test_forms_need_no_escaping_in_a_regular_expression():
    assert all(re.fullmatch(r"[\w @-]+", form) for form in word_forms())


def test_words_are_found_whole_and_the_longest_first():
    assert words_in("Triplet accuracy of a triplet at m = 0.1") == ["triplet accuracy", "triplet", "margin"]
    assert words_in("nearest-neighbour accuracy, k = 10") == ["nearest-neighbour accuracy", "neighbours"]
    assert words_in("I'm Klaus, marginal, re-run, KLM") == []


def test_the_script_carries_the_words_and_ends_no_element():
    assert '"name": "KL"' in page_script() and "</" not in page_script()


ROOT = Path(__file__).parents[3]
FIELD = re.compile(
    r"(?<![\w-])(?:ablation|anchor|arm|ARI|AUC|autoencoder|average-linkage|backpropagat\w+|batch|bottleneck|centroid|"
    r"checkpoint|classifier|clustering|collapsed?|contrastive|convergence|cosine|covariance|cross-entropy|decoder|"
    r"dendrogram|deviation|dimensionality|divergence|dropout|eigen\w+|ELBO|embedding|encoder|entropy|epochs?|Euclidean|"
    r"F1|FID|fine-tun\w+|Gaussians?|gradients?|HDBSCAN|hinge|hyperparameters?|inception|interpolation|Jaccard|kernel|"
    r"KL|knee|Lagrangian|latents?|learning rate|likelihood|log p|logits?|manifold|MAP@R|margin|MCMC|minibatch|"
    r"momentum|Monte Carlo|nats|NMI|normal(?:is|iz)ation|optimi[sz]er|outliers?|overfitting|Pareto|PCA|percentile|"
    r"perplexity|posterior|precision|preset|prior|quantiles?|R-precision|recall|regulari[sz]\w+|reparameter\w+|"
    r"reconstructions?|residuals?|robustness|seed|sigmoid|silhouette|snapshot|softmax|spherical|split|stochastic|t-SNE|"
    r"temperature|traversals?|triplets?|trustworthiness|UMAP|variance|variational|Wilson)(?![\w-])"
)
"""Words of the field: a page that uses one has its explanation in the glossary."""


def texts_of_pages() -> Iterator[tuple[str, str]]:
    """The name of each file that draws a page, and each text in it; docstrings and helps of controls are none."""
    files = [ROOT / "streamlit_app.py", *(ROOT / "pages").glob("*.py"), *(ROOT / "tvae" / "ui").rglob("*.py")]
    for path in files:
        if path.name == "glossary.py":
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        left_out: set[int] = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.keyword) and node.arg == "help":
                left_out |= {id(part) for part in ast.walk(node.value)}
            elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
                left_out.add(id(node.value))
        for node in ast.walk(tree):
            if not isinstance(node, ast.Constant) or id(node) in left_out:
                continue
            if isinstance(node.value, str) and " " in node.value.strip():
                yield path.name, node.value


def unexplained(text: str) -> list[str]:
    """Words of the field in the text that no form of the glossary covers."""
    covered = [match.span() for match in re.finditer(pattern(), text)]
    words = FIELD.finditer(text)
    return [word[0] for word in words if not any(start <= word.start() < end for start, end in covered)]


def test_a_word_of_the_field_that_a_page_uses_is_in_the_glossary():
    missing = {(name, word) for name, text in texts_of_pages() for word in unexplained(text)}
    assert missing == set()


def test_a_word_without_an_entry_is_noticed():
    assert unexplained("The gradient of the KL is dropout") == ["dropout"]
