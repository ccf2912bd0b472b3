"""Makes the golden vectors of detectors by neural networks; see golden.py, and install torch as well."""

import os
import sys

os.environ["OMP_NUM_THREADS"] = "1"

import torch
from golden import VERSIONS, randomised, write_detector
from pyod.models.auto_encoder import AutoEncoder
from pyod.models.deep_svdd import DeepSVDD
from pyod.models.lunar import LUNAR
from pyod.models.vae import VAE

torch.set_num_threads(1)
VERSIONS["torch"] = torch.__version__
# The default is one seed, with which all runs of ours would be the same.
ANY_SEED = {"random_state": None}


def auto_encoder():
    def make(seed, random_state, **options):
        return AutoEncoder(random_state=seed, verbose=0, **options)

    small = {**ANY_SEED, "hidden_neuron_list": [8, 2], "batch_norm": False, "epoch_num": 40}
    plan = [("labelled", [ANY_SEED, small]), ("breast cancer", [ANY_SEED])]
    write_detector("AutoEncoder", randomised=randomised(make, plan))


def vae():
    def make(seed, random_state, **options):
        return VAE(random_state=seed, verbose=0, **options)

    held = {**ANY_SEED, "beta": 0.5, "capacity": 2.0, "dropout_rate": 0}
    plan = [("labelled", [ANY_SEED, held]), ("breast cancer", [ANY_SEED])]
    write_detector("VAE", randomised=randomised(make, plan))


def deep_svdd():
    # Not `use_ae`: its centre is so much a matter of the seed that PyOD's own runs do not agree.
    widths = {"labelled": 4, "breast cancer": 30}

    def cases(name):
        def make(seed, **options):
            return DeepSVDD(widths[name], random_state=seed, verbose=0, **options)

        return randomised(make, [(name, [{}])])

    write_detector("DeepSVDD", randomised=cases("labelled") + cases("breast cancer"))


def lunar():
    def make(seed, **options):
        return LUNAR(random_state=seed, **options)

    # Not `SCORE`: it makes much of the distance 0 to itself that only PyOD leaves in for training rows.
    write_detector("LUNAR", randomised=randomised(make, [("labelled", [{}]), ("breast cancer", [{}])]))


MAKERS = {"AutoEncoder": auto_encoder, "VAE": vae, "DeepSVDD": deep_svdd, "LUNAR": lunar}
for name in sys.argv[1:] or MAKERS:
    MAKERS[name]()
