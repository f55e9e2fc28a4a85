#!/usr/bin/env python3
"""The sampler against PyTorch: the same networks, weights and images, T Langevin steps each.

    python3 benchmarks/compare_pytorch.py [--bench build/bin/cebm-bench] [--threads 2] [--batch 128] [--steps 60]
                                          [--rounds 3] [--networks paper_28,...] [--no-compile] [--json FILE]
                                          [--device cuda] [--compile-mode MODE]

What PyTorch does is timed as people do it:
    eager        as the paper's authors: an autograd graph for every step
    compile      the same through torch.compile, the weights frozen; on a GPU with CUDA graphs (mode reduce-overhead)
    autocast     eager, the network in bfloat16; on a GPU only
    no_autograd  by hand: forward and backward convolutions without a graph, channels last, as oneDNN likes them
    torchebm     torchebm.samplers.LangevinDynamics, where that package is installed
    ebmkit       ebm.samplers.LangevinDynamics, where that package is installed
In each round our program in float32, bfloat16 and the precision that auto chooses (on a GPU tf32 instead of auto), and
all of these take turns, so that all see the same machine; ratios are those of the medians. Before anything is timed,
input gradients are compared on the same images. PyTorch's float32 is IEEE float32 here: TensorFloat-32 is off. What
fails is left out, with the reason.

Needs torch; torch.compile needs a C++ compiler, on a GPU Triton and a C compiler. No GPU has run this script yet.
"""
import argparse
import copy
import json
import math
import os
import pathlib
import statistics
import struct
import subprocess
import sys
import tempfile
import time

import torch
import torch.nn.functional as F

HERE = pathlib.Path(__file__).resolve().parent
# Strides and padding of the convolutions; the rest of a network is read off its weights.
NETWORKS = {
    "paper_28": {"image": (1, 28, 28), "activation": lambda a: F.leaky_relu(a, 0.2)},
    "paper_32": {"image": (3, 32, 32), "activation": lambda a: F.leaky_relu(a, 0.2)},
    "authors_28": {"image": (1, 28, 28), "activation": F.silu},
}
STRIDES = (1, 2, 2, 2)
PRECISIONS = {"cpu": ("float32", "bfloat16", "auto"), "cuda": ("float32", "bfloat16", "tf32")}
TYPES = {"F32": torch.float32}


def load_safetensors(path):
    raw = pathlib.Path(path).read_bytes()
    (length,) = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8 : 8 + length])
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        begin, end = (8 + length + offset for offset in entry["data_offsets"])
        flat = torch.frombuffer(bytearray(raw[begin:end]), dtype=TYPES[entry["dtype"]])
        tensors[name] = flat.reshape(entry["shape"])
    return tensors


class Energy(torch.nn.Module):
    """E(x) = A(lambda) - A(lambda + t(x)) of a Gaussian bias N(0, 1), statistics t = (n1, -n2^2)."""

    def __init__(self, name, tensors):
        super().__init__()
        self.activation = NETWORKS[name]["activation"]
        layers = []
        count = sum(key.startswith("encoder.weight") for key in tensors)
        for i in range(count):
            weight, bias = tensors[f"encoder.weight{i}"], tensors[f"encoder.bias{i}"]
            if weight.dim() == 4:
                layer = torch.nn.Conv2d(weight.shape[1], weight.shape[0], weight.shape[2], STRIDES[i], padding=1)
            else:
                layer = torch.nn.Linear(weight.shape[1], weight.shape[0])
            layer.weight.data, layer.bias.data = weight.clone(), bias.clone()
            layers.append(layer)
        self.layers = torch.nn.ModuleList(layers)

    def forward(self, x):
        h = x
        for i, layer in enumerate(self.layers):
            if isinstance(layer, torch.nn.Linear):
                h = h.flatten(1)
            h = layer(h)
            if i + 1 < len(self.layers):
                h = self.activation(h)
        n1, n2 = h.chunk(2, dim=1)
        lambda1, lambda2 = n1, -0.5 - n2.square()
        log_partition = lambda1.square() / (-4.0 * lambda2) - 0.5 * torch.log(-2.0 * lambda2)
        return -log_partition.sum(1)


def gradient(model, x):
    x = x.detach().requires_grad_(True)
    return torch.autograd.grad(model(x).sum(), x)[0]


class ByHand:
    """Energy's gradient without a graph for the network, channels last; the head's is autograd's."""

    def __init__(self, model):
        self.activation = model.activation
        self.layers = []
        for layer in model.layers:
            weight = layer.weight.detach()
            if weight.dim() == 4:
                weight = weight.contiguous(memory_format=torch.channels_last)
            self.layers.append((weight, layer.bias.detach(), getattr(layer, "stride", None)))

    @staticmethod
    def head(outputs):
        outputs = outputs.detach().requires_grad_(True)
        with torch.enable_grad():
            n1, n2 = outputs.chunk(2, dim=1)
            lambda1, lambda2 = n1, -0.5 - n2.square()
            energy = -(lambda1.square() / (-4.0 * lambda2) - 0.5 * torch.log(-2.0 * lambda2)).sum()
        return torch.autograd.grad(energy, outputs)[0]

    def slope(self, sums, gradient):
        if self.activation is F.silu:
            return torch.ops.aten.silu_backward(gradient, sums)
        return torch.ops.aten.leaky_relu_backward(gradient, sums, 0.2, False)

    @torch.no_grad()
    def gradient(self, x):
        h = x.contiguous(memory_format=torch.channels_last)
        inputs, sums = [], []
        for i, (weight, bias, stride) in enumerate(self.layers):
            if stride is None and h.dim() == 4:
                shape = h.shape
                h = h.flatten(1)
            inputs.append(h)
            h = F.linear(h, weight, bias) if stride is None else F.conv2d(h, weight, bias, stride, padding=1)
            sums.append(h)
            if i + 1 < len(self.layers):
                h = self.activation(h)
        g = self.head(h)
        for i in reversed(range(len(self.layers))):
            weight, _, stride = self.layers[i]
            if stride is None:
                g = g @ weight
                if i and self.layers[i - 1][2] is not None:
                    g = g.reshape(shape).contiguous(memory_format=torch.channels_last)
            else:
                g = torch.ops.aten.convolution_backward(g, inputs[i], weight, None, stride, (1, 1), (1, 1), False,
                                                        (0, 0), 1, (True, False, False))[0]
            if i:
                g = self.slope(sums[i - 1], g)
        return g

    def __call__(self, x, steps, alpha=0.075):
        for _ in range(steps):
            x = x - alpha / 2 * self.gradient(x) + math.sqrt(alpha) * torch.randn_like(x)
        return x


def torchebm_sampler(model, alpha=0.075):
    from torchebm.core import BaseModel
    from torchebm.samplers import LangevinDynamics

    class Wrapped(BaseModel):
        def __init__(self):
            super().__init__()
            self.energy = model

        def forward(self, x):
            return self.energy(x)

    sampler = LangevinDynamics(Wrapped(), step_size=alpha / 2, noise_scale=1.0)
    return lambda x, steps: sampler.sample(x=x, n_steps=steps)


def ebmkit_sampler(model, alpha=0.075):
    from ebm.samplers.langevin import LangevinDynamics

    sampler = LangevinDynamics(step_size=alpha / 2)
    return lambda x, steps: sampler.sample(model, x, steps=steps)


def samplers_of(model, args):
    """Name -> function(x, steps) of what is installed here."""
    samplers = {"eager": lambda x, steps: advance(model, x, steps)}
    if args.device == "cuda":
        def autocast(x, steps):
            with torch.autocast("cuda", torch.bfloat16):
                return advance(model, x, steps)

        samplers["autocast"] = autocast
    if args.compile:
        # Frozen, because a compiled backward pass computes the gradients of all weights that have one.
        frozen = copy.deepcopy(model).requires_grad_(False)
        compiled = torch.compile(frozen, mode=args.compile_mode)
        samplers["compile"] = lambda x, steps: advance(compiled, x, steps)
    samplers["no_autograd"] = ByHand(model)
    for name, make in (("torchebm", torchebm_sampler), ("ebmkit", ebmkit_sampler)):
        try:
            samplers[name] = make(model)
        except ImportError:
            print(f"  {name} is not installed: left out", flush=True)
    return samplers


def advance(model, x, steps, alpha=0.075):
    """The authors' loop: a graph, its gradient, an update with fresh noise."""
    for _ in range(steps):
        x = x.detach() - alpha / 2 * gradient(model, x) + math.sqrt(alpha) * torch.randn_like(x)
    return x.detach()


def peak_memory(work):
    """How far the process's peak rises over what it holds now, in bytes (Linux)."""
    try:
        pathlib.Path("/proc/self/clear_refs").write_text("5")
        before = status("VmRSS")
        work()
        return max(status("VmHWM") - before, 0)
    except OSError:
        work()
        return 0


def status(name):
    for line in pathlib.Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) * 1024
    return 0


def python_memory(name, case, args, model, x):
    """Measured in a process of its own: memory that an earlier call freed would hide what this one needs."""
    if args.device == "cuda":
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        advance(model, x, min(args.steps, 5))
        return torch.cuda.max_memory_allocated() - before
    child = subprocess.run([sys.executable, __file__, "--memory-child", name, case, str(args.threads),
                            str(min(args.steps, 5))], check=True, capture_output=True, text=True)
    return int(child.stdout.split()[-1])


def memory_child(name, case, threads, steps):
    torch.set_num_threads(int(threads))
    tensors = load_safetensors(case)
    model = Energy(name, tensors)
    x = tensors["x"]
    print(peak_memory(lambda: advance(model, x, int(steps))))


def seconds(work, device):
    wait = torch.cuda.synchronize if device == "cuda" else lambda: None
    wait()
    start = time.perf_counter()
    work()
    wait()
    return time.perf_counter() - start


class LeftOut(Exception):
    """A contestant that cannot take part."""


def ours(args, name, precisions, repeats):
    """Precision -> row of cebm-bench, and its machine."""
    command = [args.bench, "--only", "sampler", "--network", name, "--precision", ",".join(precisions), "--batch",
               str(args.batch), "--steps", str(args.steps), "--threads", str(args.threads), "--repeats", str(repeats),
               "--device", args.device, "--quiet", "--json", "-"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise LeftOut(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else f"status {done.returncode}")
    found = json.loads(done.stdout)
    return {row["precision"]: row for row in found["rows"]}, found["machines"][0]


def those_that_work(contestants, warm_up):
    """Those for which warm_up(key) does not fail."""
    kept = []
    for key in contestants:
        try:
            warm_up(key)
            kept.append(key)
        except Exception as error:  # whatever a compiler or a driver may raise
            reason = str(error).strip().splitlines() or [type(error).__name__]
            print(f"  {key}: left out: {reason[0]}", flush=True)
    return kept


def check(name, case, model):
    """Our gradient against autograd's on the same images; the median image's error, see cebm-bench."""
    exact = gradient(model, case["x"]).flatten(1).double().cpu()
    found = case["gradient"].flatten(1).double()
    error = ((found - exact).norm(dim=1) / exact.norm(dim=1)).median().item()
    if not error < 1e-5:
        sys.exit(f"{name}: the gradients differ by {error:.1e}, nothing was timed")
    return error


def compare(name, args):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "case.safetensors")
        subprocess.run([args.bench, "--network", name, "--precision", "float32", "--batch", str(args.batch),
                        "--device", "cpu", "--quiet", "--write-case", path], check=True)
        case = load_safetensors(path)
        case["x"] = case["x"].to(args.device)
        model = Energy(name, case).to(args.device)
        precisions = PRECISIONS[args.device]
        result = {"network": name, "gradient_error": check(name, case, model)}
        x = case["x"]
        functions = samplers_of(model, args)
        by_hand = functions["no_autograd"].gradient(x).flatten(1)
        exact = gradient(model, x).flatten(1)
        if not (by_hand - exact).norm() < 1e-4 * exact.norm():
            sys.exit(f"{name}: the gradient by hand is not autograd's, nothing was timed")
        # The first calls compile, and allocate what stays.
        precisions = those_that_work(precisions, lambda precision: ours(args, name, [precision], 1))
        if not precisions:
            sys.exit(f"{name}: nothing of ours can be timed")
        functions = {key: functions[key] for key in those_that_work(functions, lambda key: functions[key](x, 2))}
        times = {key: [] for key in (*precisions, *functions)}
        memory = {}
        repeats = 10 if args.device == "cuda" else 1  # a call takes milliseconds there
        for _ in range(args.rounds):
            rows, result["machine"] = ours(args, name, precisions, repeats)
            for precision, row in rows.items():
                times[precision].append(row["median"])
                memory[precision] = row["memory_bytes"]
                if precision == "auto":
                    result["auto"] = row["what"].split(", ")[-1]
            for key, function in functions.items():
                calls = [seconds(lambda f=function: f(x, args.steps), args.device) for _ in range(repeats)]
                times[key].append(1e3 * statistics.median(calls) / args.steps)
        memory["eager"] = python_memory(name, path, args, model, x)
        result["device"] = torch.cuda.get_device_name() if args.device == "cuda" else result["machine"]["processor"]
        result["ms_per_step"] = {key: statistics.median(values) for key, values in times.items()}
        result["all_ms_per_step"] = times
        result["memory_bytes"] = memory
        result["over"] = {key: {precision: result["ms_per_step"][key] / result["ms_per_step"][precision]
                                for precision in precisions} for key in functions}
    return result


def show(result):
    ms, over, memory = result["ms_per_step"], result["over"], result["memory_bytes"]
    print(f"{result['network']}: gradients agree to {result['gradient_error']:.1e}; {result['device']}"
          + (f", auto is {result['auto']}" if "auto" in result else ""))
    for key in ms:
        spread = result["all_ms_per_step"][key]
        print(f"  {key:11s} {ms[key]:8.3f} ms per step ({min(spread):.3f} .. {max(spread):.3f})", end="")
        print(f", {memory[key] / 2**20:.0f} MiB more memory in the call" if key in memory else "")
    for key, ratios in over.items():
        print(f"  over {key:11s} " + ", ".join(f"{ratio:.2f}x in {p}" for p, ratio in ratios.items()))
    shares = [f"{100 * memory[p] / max(memory['eager'], 1):.0f} % in {p}" for p in memory if p != "eager"]
    print("  memory    of eager PyTorch's: " + ", ".join(shares), flush=True)


def main():
    if len(sys.argv) > 1 and sys.argv[1] == "--memory-child":
        memory_child(*sys.argv[2:])
        return
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bench", default=str(HERE.parent / "build" / "bin" / "cebm-bench"))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--networks", default=",".join(NETWORKS))
    parser.add_argument("--no-compile", dest="compile", action="store_false")
    parser.add_argument("--json")
    parser.add_argument("--device", choices=PRECISIONS, default="cpu")
    parser.add_argument("--compile-mode", choices=("default", "reduce-overhead", "max-autotune"))
    args = parser.parse_args()
    if args.compile_mode is None and args.device == "cuda":
        args.compile_mode = "reduce-overhead"
    torch.set_num_threads(args.threads)
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    print(f"PyTorch {torch.__version__}, {args.threads} threads, batch {args.batch}, {args.steps} steps, "
          f"{args.rounds} rounds", flush=True)
    results = []
    for name in args.networks.split(","):
        results.append(compare(name, args))
        show(results[-1])
        if args.json:  # after every network: a later one may be stopped
            pathlib.Path(args.json).write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
