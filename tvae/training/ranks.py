"""Ranks: the processes that train one run together, started by torchrun."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable, Iterator
from typing import TypeVar

import torch
import torch.distributed as dist

from tvae.errors import LONGEST_MESSAGE, InputError
from tvae.training.loop import Training
from tvae.training.rank import Rank
from tvae.training.rank_lost import loss_is_said

_T = TypeVar("_T")


class Ranks:
    """What the processes of a run do together beside their steps, as one of them sees it.

    Attributes:
        rank: which of them this process is.
    """

    def __init__(self, rank: Rank) -> None:
        self.rank = rank
        self._told_to_stop = self._within_steps = False

    def agreed(self, prepare: Callable[[], _T]) -> _T:
        """What `prepare` returns, once it has returned in all processes.

        It is called in the first process of each machine before the others, as it may download what these then find.

        Raises:
            InputError: it raised that, or OSError, in some process; where it is this one, that error itself.
        """
        outcome: list[_T] = []
        for is_turn in (self.rank.local == 0, self.rank.local != 0):
            error = None
            if is_turn:
                try:
                    outcome.append(prepare())
                except (InputError, OSError) as raised:
                    error = raised
            refusals = self._texts("" if error is None else str(error))
            if error is not None:
                raise error
            for number, refusal in enumerate(refusals):
                if refusal:
                    raise InputError(f"rank {number}: {refusal}")
        return outcome[0]

    def share_state(self, training: Training) -> None:
        """Give all processes the step, the weights and the moments of rank 0, which may go on with an earlier run."""
        step = torch.tensor(training.step)
        dist.broadcast(step, src=0)
        training.step = int(step)
        for arm in training.arms.values():
            for _, tensor in arm.state():
                dist.broadcast(tensor, src=0)

    @contextlib.contextmanager
    def within_steps(self) -> Iterator[None]:
        """Context of the steps, in which a signal waits until `stop_agreed` is asked, and after an error waits on."""
        self._within_steps = True
        yield
        self._within_steps = False

    def stop_agreed(self) -> bool:
        """Whether a process was told to end (SIGTERM, SIGINT); all ask after the same step, and get one answer."""
        told = torch.tensor(int(self._told_to_stop))
        dist.all_reduce(told)
        return bool(told)

    def stop_if_told(self) -> None:
        """End this process alone, where it was told to: after the last step nothing is left to agree on.

        Raises:
            KeyboardInterrupt: it was told to end.
        """
        if self._told_to_stop:
            raise KeyboardInterrupt

    def _texts(self, text: str) -> list[str]:
        """The text of each process, which each gives."""
        own = torch.zeros(4 * LONGEST_MESSAGE, dtype=torch.uint8)
        encoded = text.encode("utf-8", "replace")[: len(own)]
        own[: len(encoded)] = torch.tensor(list(encoded), dtype=torch.uint8)
        texts = [torch.empty_like(own) for _ in range(self.rank.count)]
        dist.all_gather(texts, own)
        return [bytes(text.tolist()).rstrip(b"\0").decode("utf-8", "replace") for text in texts]

    def _on_signal(self, *_: object) -> None:
        self._told_to_stop = True
        if not self._within_steps:
            raise KeyboardInterrupt


@contextlib.contextmanager
def joined(rank: Rank, device: torch.device) -> Iterator[Ranks]:
    """Context in which this process and the other ranks are torch's default process group.

    Training inside it takes data-parallel steps. A signal to end ends all processes after the same step.

    Raises:
        InputError: more processes on this machine than GPUs.
        RankLost: another process has ended, or can't be reached.
    """
    if device.type == "cuda":
        if rank.local >= torch.cuda.device_count():
            gpus = torch.cuda.device_count()
            raise InputError(
                f"--nproc-per-node: {rank.local + 1} or more, and this machine has {gpus} GPUs; right is {gpus} at"
                " most, or --train.device cpu"
            )
        torch.cuda.set_device(rank.local)
    ranks = Ranks(rank)
    earlier = {number: signal.signal(number, ranks._on_signal) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        with loss_is_said():
            dist.init_process_group("cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo")
            yield ranks
    except BaseException:
        # torchrun tells whoever is left to end, at this moment: this process ends, and says why first.
        earlier = dict.fromkeys(earlier, signal.SIG_IGN)
        raise
    finally:
        if dist.is_initialized():
            dist.destroy_process_group()
        for number, handler in earlier.items():
            signal.signal(number, handler)
