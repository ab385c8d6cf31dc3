"""Pictures as wavelets see them: a scattering transform, fixed beforehand, that learns nothing from any picture.

Two layers of Morlet wavelets with a modulus behind each (Bruna & Mallat 2013; for private learning: Tramèr & Boneh
2021), scales 1 and 2, eight directions, averaged over squares of four pixels: 28 x 28 pixels become 7 x 7 x 81.
"""

import numpy as np
from numpy.typing import NDArray

SIZE, MARGIN, SQUARE = 36, 4, 4
DIRECTIONS, SCALES = 8, 2
CHANNELS = 1 + SCALES * DIRECTIONS + DIRECTIONS**2

Numbers = NDArray[np.float32]


def scattering(pictures: Numbers, batch: int = 500) -> Numbers:
    """The scattering coefficients (n, 7, 7, 81) of `pictures` (n, 28, 28)."""
    wavelets, fine, coarse = _wavelets(), _averages(SIZE, 1), _averages(SIZE // 2, 2)
    parts = [
        _coefficients(pictures[start : start + batch], wavelets, fine, coarse)
        for start in range(0, len(pictures), batch)
    ]
    return np.concatenate(parts)


def standardised(coefficients: Numbers, groups: int = 27) -> Numbers:
    """Each picture's groups of channels with mean zero and deviation one: a function of that picture alone."""
    n, height, width, channels = coefficients.shape
    grouped = coefficients.reshape(n, height * width, groups, channels // groups)
    centred = grouped - grouped.mean(axis=(1, 3), keepdims=True)
    scaled = centred / np.sqrt(centred.var(axis=(1, 3), keepdims=True) + 1e-5)
    return np.asarray(scaled.reshape(coefficients.shape), dtype=np.float32)


def _coefficients(pictures: Numbers, wavelets: Numbers, fine: Numbers, coarse: Numbers) -> Numbers:
    from scipy import fft

    n = len(pictures)
    padded = np.pad(pictures, ((0, 0), (MARGIN, MARGIN), (MARGIN, MARGIN)), mode="reflect")
    found = [padded.reshape(n, 1, -1) @ fine]
    spectrum = fft.fft2(padded.astype(np.complex64))[:, None]
    for scale in range(SCALES):
        first = np.abs(fft.ifft2(spectrum * wavelets[scale])).astype(np.float32)
        found.append(first.reshape(n, DIRECTIONS, -1) @ fine)
        if scale:
            continue
        inner = fft.fft2(first.astype(np.complex64))
        for direction in range(DIRECTIONS):
            # What the wider wavelet leaves fits on every second pixel: folding the spectrum takes those.
            product = inner[:, direction, None] * wavelets[1]
            half = SIZE // 2
            folded = product.reshape(n, DIRECTIONS, 2, half, 2, half).mean(axis=(2, 4))
            second = np.abs(fft.ifft2(folded)).astype(np.float32)
            found.append(second.reshape(n, DIRECTIONS, -1) @ coarse)
    channels = np.concatenate(found, axis=1)
    return np.asarray(channels.transpose(0, 2, 1).reshape(n, 7, 7, CHANNELS), dtype=np.float32)


def _wavelets() -> Numbers:
    """The spectra of Morlet wavelets: (scales, directions, SIZE, SIZE); real, since each is even in its phase."""
    found = np.zeros((SCALES, DIRECTIONS, SIZE, SIZE), dtype=np.float32)
    for scale in range(SCALES):
        for direction in range(DIRECTIONS):
            angle = np.pi * direction / DIRECTIONS
            width, frequency = 0.8 * 2**scale, 3 * np.pi / 4 / 2**scale
            wave, bump = _gabor(angle, width, frequency), _gabor(angle, width, 0.0)
            wavelet = wave - wave.sum() / bump.sum() * bump
            found[scale, direction] = np.fft.fft2(wavelet).real
    return found


def _gabor(angle: float, width: float, frequency: float) -> NDArray[np.complex128]:
    """A wave of this frequency and angle under a Gaussian twice as long as wide, wrapped around the square."""
    reach = 3 * SIZE
    rows, columns = np.mgrid[-reach // 2 : reach // 2, -reach // 2 : reach // 2].astype(float)
    along = columns * np.cos(angle) + rows * np.sin(angle)
    across = -columns * np.sin(angle) + rows * np.cos(angle)
    slant = 4 / DIRECTIONS
    values = np.exp(-(along**2 + (slant * across) ** 2) / (2 * width**2) + 1j * frequency * along)
    wrapped = np.zeros((SIZE, SIZE), dtype=complex)
    np.add.at(wrapped, (rows.astype(int) % SIZE, columns.astype(int) % SIZE), values)
    return wrapped * slant / (2 * np.pi * width**2)


def _averages(size: int, step: int) -> Numbers:
    """The matrix (size², 49) that averages a square by Gaussians around the centres of the picture's 7 x 7 squares."""
    width = 0.8 * 2 ** (SCALES - 1) * 2
    at = np.arange(size) * step
    centres = MARGIN + SQUARE * np.arange(7) + (SQUARE - 1) / 2
    weights = np.exp(-((at[:, None] - centres[None]) ** 2) / (2 * (width / 2) ** 2))
    weights /= weights.sum(axis=0)
    return np.asarray(np.einsum("ac,bd->abcd", weights, weights).reshape(size * size, 49), dtype=np.float32)
