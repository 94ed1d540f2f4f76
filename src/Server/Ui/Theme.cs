using MudBlazor;

namespace Serment.Server.Ui;

/// <summary>Calm colours with contrast of at least 4.5 to 1 in both modes; red is kept for what can harm a patient.</summary>
internal static class Theme
{
    public static MudTheme Serment { get; } = new()
    {
        PaletteLight = new PaletteLight
        {
            Primary = "#0b5c6b", PrimaryContrastText = "#ffffff", Secondary = "#7a4a00", Tertiary = "#5b3f86", Background = "#f4f6f7", BackgroundGray = "#e9eef0", Surface = "#ffffff",
            AppbarBackground = "#0f3d47", AppbarText = "#ffffff", TextPrimary = "#14252b", TextSecondary = "#44585f", Info = "#0f5f9e", Success = "#1c6b3a", Warning = "#8a5300", Error = "#b3261e", LinesDefault = "#d5dde0", LinesInputs = "#7b8d94", TableLines = "#dde4e6", Divider = "#d5dde0", ActionDefault = "#44585f",
        },
        PaletteDark = new PaletteDark
        {
            Primary = "#6fc7d6", PrimaryContrastText = "#04242b", Secondary = "#f0b866", Tertiary = "#c3a8ee", Background = "#0e1619", BackgroundGray = "#152024", Surface = "#17242a",
            AppbarBackground = "#0a1215", AppbarText = "#e7eef0", TextPrimary = "#e7eef0", TextSecondary = "#a9bac0", Info = "#7db9ec", Success = "#7fcf9b", Warning = "#f0b866", Error = "#ff9a92", ErrorContrastText = "#3a0a06", LinesDefault = "#2b3c43", LinesInputs = "#71868e", TableLines = "#26363c", Divider = "#2b3c43", ActionDefault = "#a9bac0",
        },
        LayoutProperties = new LayoutProperties { DefaultBorderRadius = "6px", AppbarHeight = "52px" },
        Typography = new Typography { Default = new DefaultTypography { FontFamily = ["system-ui", "Segoe UI", "Roboto", "Noto Sans", "sans-serif"], FontSize = ".875rem", LineHeight = "1.4" } },
    };
}
