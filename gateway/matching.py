"""The model and the thresholds that this hub matches by: the operator's, the trained one in ``data_dir``, or ours."""

from pathlib import Path

from directory.matching.comparing import Thresholds
from directory.matching.model import Model, ModelInvalid, checked, shipped
from directory.matching.probabilistic import ProbabilisticMatcher
from gateway.errors import SettingsError
from gateway.settings import Settings


def matcher_of(settings: Settings) -> ProbabilisticMatcher:
    """What resolves listings. Raises :class:`~gateway.errors.SettingsError`."""
    return ProbabilisticMatcher(model_of(settings), thresholds_of(settings))


def thresholds_of(settings: Settings) -> Thresholds:
    """The thresholds that the settings name."""
    chosen = settings.matching
    return Thresholds(automatic=chosen.automatic, link=chosen.link, review=chosen.review)


def model_of(settings: Settings) -> Model:
    """The model in force. Raises :class:`~gateway.errors.SettingsError` naming a file that is not a usable one."""
    path = settings.matching.model or trained_path(settings)
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        if settings.matching.model is None:
            return shipped()
        raise SettingsError(f"matching.model names {path}, which is not there; correct or unset it") from None
    except OSError as error:
        raise SettingsError(f"The model {path} cannot be read ({error.strerror}); make it readable") from None
    try:
        return checked(text)
    except ModelInvalid as error:
        remedy = (
            "remove the file for the hub's own model" if settings.matching.model is None else "unset matching.model"
        )
        raise SettingsError(f"{path}: {error} Or {remedy}.") from None


def trained_path(settings: Settings) -> Path:
    """Where ``circuit train --activate`` puts a model, and the hub looks for one."""
    return settings.data_dir / "model.json"
