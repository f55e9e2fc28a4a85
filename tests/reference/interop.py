"""Models of this library in PyTorch, under the names of the authors' code (packages: numpy, safetensors, torch).

  interop.py reference
      writes the interop_*.safetensors beside this script, which tests/train/interop_test.cpp reads
  interop.py check MODEL WEIGHTS IMAGES ENERGIES [--strides 1,2,2,2] [--padding 1]
      recomputes the energies of IMAGES (.npy of floats in [-1, 1]) with WEIGHTS, the model.safetensors of a checkpoint,
      and compares them with ENERGIES (.npy), as cebm-eval scores writes both; fails where one differs by more than
      1e-6 of the largest
  interop.py export MODEL WEIGHTS STATE.pt
      writes weights of this library as a file that the authors' code loads
  interop.py import MODEL STATE.pt WEIGHTS
      writes weights of the authors' code as a file for cebm-train --init-from

MODEL is cebm, cebmm or igebm, with SiLU activations and no hidden layer before a CEBM's statistics.
"""

import argparse
import itertools
import pathlib

import numpy
import torch
from safetensors.torch import load_file, save_file
from torch import nn


def to_authors(model, weights):
    """Names of this library -> names of the authors' state dict."""
    weights = dict(weights)
    state = {}
    convolutions = 0
    while weights[f"encoder.weight{convolutions}"].dim() == 4:
        for kind in ("weight", "bias"):
            state[f"conv_net.{2 * convolutions}.{kind}"] = weights.pop(f"encoder.{kind}{convolutions}")
        convolutions += 1
    for kind in ("weight", "bias"):
        if model == "igebm":
            for j in itertools.count():
                if f"encoder.{kind}{convolutions + j}" not in weights:
                    break
                state[f"latent_net.{2 * j}.{kind}"] = weights.pop(f"encoder.{kind}{convolutions + j}")
            state[f"energy_net.{kind}"] = weights.pop({"weight": "weight", "bias": "offset"}[kind])
        else:
            both = weights.pop(f"encoder.{kind}{convolutions}")
            state[f"nss1_net.{kind}"], state[f"nss2_net.{kind}"] = both.chunk(2)
    if model != "igebm":
        parameters = weights.pop("bias.parameters")
        if model == "cebmm":
            state["ib_means"], state["ib_log_stds"] = parameters.unbind(1)
        elif parameters.any():
            raise SystemExit("expected the standard normal bias of the authors' CEBM, found another one")
    if weights:
        raise SystemExit(f"tensors without a counterpart: {sorted(weights)}")
    return {name: tensor.contiguous() for name, tensor in state.items()}


def from_authors(model, state):
    """Names of the authors' state dict -> names of this library."""
    state = dict(state)
    weights = {}
    layers = 0
    for net in ("conv_net", "latent_net"):
        for j in itertools.count():
            if f"{net}.{2 * j}.weight" not in state:
                break
            for kind in ("weight", "bias"):
                weights[f"encoder.{kind}{layers}"] = state.pop(f"{net}.{2 * j}.{kind}")
            layers += 1
    for kind in ("weight", "bias"):
        if model == "igebm":
            weights[{"weight": "weight", "bias": "offset"}[kind]] = state.pop(f"energy_net.{kind}")
        else:
            weights[f"encoder.{kind}{layers}"] = torch.cat([state.pop(f"nss1_net.{kind}"), state.pop(f"nss2_net.{kind}")])
    if model == "cebmm":
        # Theirs are in the state dict only where they were optimised.
        weights["bias.parameters"] = torch.stack([state.pop("ib_means"), state.pop("ib_log_stds")], 1)
    elif model == "cebm":
        weights["bias.parameters"] = torch.zeros(1, 2, weights[f"encoder.bias{layers}"].numel() // 2)
    if state:
        raise SystemExit(f"tensors without a counterpart: {sorted(state)}")
    return {name: tensor.contiguous() for name, tensor in weights.items()}


def log_partition(lambda1, lambda2):
    return -0.25 * lambda1**2 / lambda2 - 0.5 * torch.log(-2 * lambda2)


class Network(nn.Module):
    """The authors' networks, with the sizes of a state dict of theirs."""

    def __init__(self, model, state, strides, padding):
        super().__init__()
        self.model = model

        def linear(name):
            outputs, inputs = state[name + ".weight"].shape
            return nn.Linear(inputs, outputs)

        layers = []
        for stride in strides:
            out, into, kernel, _ = state[f"conv_net.{len(layers)}.weight"].shape
            layers += [nn.Conv2d(into, out, kernel, stride, padding), nn.SiLU()]
        self.conv_net = nn.Sequential(*layers)
        if model == "igebm":
            hidden = sum(name.startswith("latent_net") for name in state) // 2
            self.latent_net = nn.Sequential(
                *(layer for j in range(hidden) for layer in (linear(f"latent_net.{2 * j}"), nn.SiLU()))
            )
            self.energy_net = linear("energy_net")
        else:
            self.nss1_net = linear("nss1_net")
            self.nss2_net = linear("nss2_net")
        if model == "cebmm":
            self.ib_means = nn.Parameter(torch.zeros_like(state["ib_means"]))
            self.ib_log_stds = nn.Parameter(torch.zeros_like(state["ib_log_stds"]))
        self.load_state_dict(state, strict=True)

    def forward(self, x):
        """Energies [B] and latent codes [B, K]."""
        h = self.conv_net(x).flatten(1)
        if self.model == "igebm":
            latent = self.latent_net(h)
            return self.energy_net(latent).squeeze(1), latent
        means = self.ib_means if self.model == "cebmm" else torch.zeros(1, self.nss1_net.out_features)
        stds = self.ib_log_stds.exp() if self.model == "cebmm" else torch.ones_like(means)
        prior1, prior2 = means / stds**2, -0.5 / stds**2
        posterior1 = prior1 + self.nss1_net(h).unsqueeze(1)
        posterior2 = prior2 - self.nss2_net(h).unsqueeze(1) ** 2
        # Subtracted before they are added up: the two sums alone are far larger than what they differ by.
        scores = (log_partition(posterior1, posterior2) - log_partition(prior1, prior2)).sum(2)
        energy = torch.log(torch.tensor(float(len(means)))) - torch.logsumexp(scores, 1)
        best = scores.argmax(1)
        rows = torch.arange(len(x))
        return energy, (-0.5 * posterior1 / posterior2)[rows, best]


def reference():
    folder = pathlib.Path(__file__).parent
    generator = torch.Generator().manual_seed(1)

    def values(*shape):
        return torch.randn(*shape, generator=generator) * 0.3

    expected = {"images": torch.rand(4, 1, 8, 8, generator=generator) * 2 - 1}
    convolutions = {
        "conv_net.0.weight": values(3, 1, 3, 3),
        "conv_net.0.bias": values(3),
        "conv_net.2.weight": values(4, 3, 4, 4),
        "conv_net.2.bias": values(4),
    }
    statistics = {f"nss{i}_net.{kind}": values(*shape) for i in (1, 2) for kind, shape in
                  {"weight": (3, 64), "bias": (3,)}.items()}
    heads = {
        "cebm": statistics,
        "cebmm": statistics | {"ib_means": values(5, 3), "ib_log_stds": values(5, 3)},
        "igebm": {
            "latent_net.0.weight": values(6, 64),
            "latent_net.0.bias": values(6),
            "latent_net.2.weight": values(3, 6),
            "latent_net.2.bias": values(3),
            "energy_net.weight": values(1, 3),
            "energy_net.bias": values(1),
        },
    }
    for model, head in heads.items():
        state = convolutions | head
        weights = from_authors(model, state)
        again = to_authors(model, weights)
        assert again.keys() == state.keys() and all(torch.equal(again[name], state[name]) for name in state)
        with torch.no_grad():
            # In double precision, so that only the library's own rounding is left to be seen.
            network = Network(model, state, [1, 2], 1).double()
            torch.set_default_dtype(torch.float64)
            energy, latent = network(expected["images"].double())
            torch.set_default_dtype(torch.float32)
        expected[model + ".energy"], expected[model + ".latent"] = energy, latent
        save_file(weights, folder / f"interop_{model}.safetensors")
    save_file(expected, folder / "interop_expected.safetensors")


def check(arguments):
    state = to_authors(arguments.model, load_file(arguments.weights))
    network = Network(arguments.model, state, [int(s) for s in arguments.strides.split(",")], arguments.padding)
    images = torch.from_numpy(numpy.load(arguments.images)).view(-1, *arguments.shape)
    found = torch.from_numpy(numpy.load(arguments.energies)).view(-1)
    with torch.no_grad():
        energy = torch.cat([network(batch)[0] for batch in images.split(100)])
    # Of the largest: an energy near zero is a difference of sums that are as large as others' energies.
    difference = (energy - found).abs().max().item()
    error = difference / energy.abs().max().item()
    print(f"{arguments.model}: {len(energy)} energies from {energy.min():.6g} to {energy.max():.6g}, "
          f"largest difference {difference:.3g}, {error:.3g} of the largest energy")
    if not error <= 1e-6:
        raise SystemExit("expected at most 1e-6")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("reference")
    for name, files in {"check": ("weights", "images", "energies"), "export": ("weights", "state"),
                        "import": ("state", "weights")}.items():
        command = commands.add_parser(name)
        command.add_argument("model", choices=("cebm", "cebmm", "igebm"))
        for file in files:
            command.add_argument(file)
        if name == "check":
            command.add_argument("--strides", default="1,2,2,2")
            command.add_argument("--padding", type=int, default=1)
            command.add_argument("--shape", type=lambda text: [int(n) for n in text.split(",")], default=[1, 28, 28])
    arguments = parser.parse_args()
    if arguments.command == "reference":
        reference()
    elif arguments.command == "check":
        check(arguments)
    elif arguments.command == "export":
        torch.save({"ebm": to_authors(arguments.model, load_file(arguments.weights))}, arguments.state)
    else:
        state = torch.load(arguments.state, weights_only=True)["ebm"]
        save_file(from_authors(arguments.model, state), arguments.weights)


main()
