"""Saves what `netspec verify` needs of a PyTorch model: its input, its weights and the output of every module.

    python3 dump_activations.py FILE.py:FUNCTION --shape 1,3,224,224 -o dump

FUNCTION takes nothing and returns the model. The input is --input X.npy, or random numbers of --shape. In code:

    from dump_activations import dump
    dump(model, image, 'dump')

    dump/input.npy            the input; input_0.npy, input_1.npy … when there are several
    dump/model.pth            the model's state_dict, for `netspec pack-weights --from`
    dump/outputs/NAME.npy     what module NAME returned, as it was right then: an in-place ReLU after it changes nothing
    dump/outputs/NAME_0.npy   its first call and NAME_1.npy its second, when a module is called more than once
    dump/outputs/NAME[0].npy  the first tensor when it returns several, NAME[key].npy of a dict
    dump/outputs/output.npy   what the model itself returned

Needs nothing but torch and numpy. Sums, concatenations and F.relu are no modules and leave no file.
"""
import argparse
import collections
import importlib.util
import os
import sys

import numpy as np
import torch


def dump(model, inputs, folder):
    """Runs `model` once, in eval mode and without gradients, and writes the files above below `folder`.

    `inputs` is a tensor, or a tuple or list of a model's arguments. Returns the names of the outputs that were written.
    """
    inputs = tuple(inputs) if isinstance(inputs, (tuple, list)) else (inputs,)
    outputs = os.path.join(folder, 'outputs')
    os.makedirs(outputs, exist_ok=True)
    left_over = sorted(name for name in os.listdir(outputs) if name.endswith('.npy'))
    if left_over:
        raise FileExistsError(f'{outputs} holds {left_over[0]} and perhaps more of an earlier run; give an empty folder')
    for i, value in enumerate(inputs):
        save(os.path.join(folder, 'input.npy' if len(inputs) == 1 else f'input_{i}.npy'), value)
    torch.save(model.state_dict(), os.path.join(folder, 'model.pth'))

    names = {module: name for name, module in model.named_modules()}
    names[model] = unused_name('output', set(names.values()))
    calls = collections.Counter()
    first_files = {}  # of each module, to be numbered when a second call comes
    written = []

    def hook(module, _inputs, result):
        name, call = names[module], calls[module]
        calls[module] += 1
        if call == 1:
            for key in first_files[module]:
                numbered = f'{name}_0{key}'
                os.rename(path(name + key), path(numbered))
                written[written.index(name + key)] = numbered
        stem = name if call == 0 else f'{name}_{call}'
        found = dict(tensors(result))
        if call == 0:
            first_files[module] = list(found)
        for key, value in found.items():
            save(path(stem + key), value)
            written.append(stem + key)

    def path(name):
        return os.path.join(outputs, name.replace('/', '__') + '.npy')

    modes = {module: module.training for module in names}
    handles = [module.register_forward_hook(hook) for module in names]
    try:
        model.eval()
        with torch.no_grad():
            model(*inputs)
    finally:
        for handle in handles:
            handle.remove()
        for module, training in modes.items():
            module.training = training
    return written


def tensors(result, key=''):
    """The tensors in what a module returned, each with what is added to the module's name."""
    if isinstance(result, torch.Tensor):
        yield key, result
    elif isinstance(result, dict):
        for name, value in result.items():
            yield from tensors(value, f'{key}[{name}]')
    elif isinstance(result, (tuple, list)):
        for i, value in enumerate(result):
            yield from tensors(value, f'{key}[{i}]')


def save(file, tensor):
    """A tensor as a .npy file, row-major; half precision as float32, which holds the same values."""
    tensor = tensor.detach().cpu()
    if tensor.is_floating_point() and tensor.dtype != torch.float64:
        tensor = tensor.float()
    np.save(file, np.ascontiguousarray(tensor.numpy()))


def unused_name(name, taken):
    while name in taken:
        name += '_'
    return name


def load(place):
    """The function that FILE.py:FUNCTION names."""
    file, _, function = place.rpartition(':')
    if not file:
        sys.exit(f'expected FILE.py:FUNCTION, got {place}')
    sys.path.insert(0, os.path.dirname(os.path.abspath(file)))
    spec = importlib.util.spec_from_file_location('model_file', file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    if not hasattr(module, function):
        sys.exit(f'{file} has no {function}')
    return getattr(module, function)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('model', metavar='FILE.py:FUNCTION', help='a function that returns the model')
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument('--input', action='append', metavar='X.npy', help='an input; again for each further one')
    which.add_argument('--shape', metavar='1,3,224,224', help='shape of a random input')
    parser.add_argument('--seed', type=int, default=0, help='of the random input')
    parser.add_argument('-o', '--output', required=True, metavar='FOLDER')
    options = parser.parse_args()
    model = load(options.model)()
    if options.input:
        inputs = [torch.from_numpy(np.load(file)) for file in options.input]
    else:
        shape = [int(size) for size in options.shape.split(',')]
        inputs = torch.randn(shape, generator=torch.Generator().manual_seed(options.seed))
    try:
        written = dump(model, inputs, options.output)
    except FileExistsError as error:
        sys.exit(str(error))
    print(f'wrote the input, the weights and {len(written)} outputs to {options.output}')


if __name__ == '__main__':
    main()
