"""A small detector with what makes ports go wrong: pooling that rounds down, an in-place ReLU, nearest-neighbour
upsampling and a head that is called once for each of two levels. ../small-detector.ts is its port.
"""
from torch import nn


class SmallDetector(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(8)
        self.relu1 = nn.ReLU(inplace=True)
        self.pool1 = nn.MaxPool2d(3, stride=2, padding=1)
        self.conv2 = nn.Conv2d(8, 16, 3, stride=2, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(16)
        self.relu2 = nn.ReLU(inplace=True)
        self.lateral = nn.Conv2d(8, 16, 1)
        self.upsample = nn.Upsample(scale_factor=2)
        self.head = nn.Sequential(nn.Conv2d(16, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 4, 1))

    def forward(self, image):
        fine = self.pool1(self.relu1(self.bn1(self.conv1(image))))
        coarse = self.relu2(self.bn2(self.conv2(fine)))
        fine = self.lateral(fine) + self.upsample(coarse)
        return {'fine': self.head(fine), 'coarse': self.head(coarse)}


def make_model(seed=0):
    """The model with random weights; the normalizations have statistics as if they had been trained."""
    import torch

    torch.manual_seed(seed)
    model = SmallDetector()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.2)
            module.running_var.uniform_(0.5, 2)
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, 0, 0.2)
    return model
